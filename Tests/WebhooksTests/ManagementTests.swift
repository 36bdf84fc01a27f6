import Events
import Testing

@testable import Webhooks

@Suite(.timeLimit(.minutes(2))) struct ManagementTests {
    @Test func `a new key is not lost to a change of the settings at the same time`() async throws {
        let fixture = try await Fixture()
        let (service, everyone) = (fixture.service, fixture.everyone)
        let webhook = try await fixture.add("a")
        fixture.transport.hang("check:a", true)
        let update = Task {
            try await service.update(webhook.id, by: everyone, restriction: nil) {
                $0.description = "changed"
            }
        }
        try await fixture.wait("the check of the address") { fixture.transport.isHeld("check:a") }
        let rotation = Task { try await service.rotate(webhook.id, by: everyone) }
        fixture.transport.hang("check:a", false)
        _ = try await update.value
        let secrets = try await rotation.value
        try await fixture.kill()
        let stored = try #require(try await fixture.store.webhooks().webhooks.first)
        #expect(stored.secrets.current == secrets.current)
        #expect(stored.secrets.previous == webhook.secrets.current)
        #expect(stored.settings.description == "changed")
        await fixture.end()
    }

    @Test func `changes of two members at the same time are both made`() async throws {
        let fixture = try await Fixture()
        let (service, everyone) = (fixture.service, fixture.everyone)
        let webhook = try await fixture.add("a")
        await withTaskGroup { group in
            group.addTask {
                _ = try? await service.update(webhook.id, by: everyone, restriction: nil) {
                    $0.description = "changed"
                }
            }
            group.addTask {
                _ = try? await service.update(webhook.id, by: everyone, restriction: nil) {
                    $0.asked = EventFilter(types: [.recordDeleted])
                }
            }
        }
        let settings = try #require(try await fixture.store.webhooks().webhooks.first).settings
        #expect(settings.description == "changed")
        #expect(settings.asked == EventFilter(types: [.recordDeleted]))
        await fixture.end()
    }

    @Test func `none is made before those of the store are known`() async throws {
        let fixture = try await Fixture(isStarted: false)
        await #expect(throws: WebhookError.self) { try await fixture.add("a") }
        try await fixture.service.start()
        _ = try await fixture.add("a")
        await fixture.publish()
        try await fixture.wait("the event") { !fixture.transport.ids("a").isEmpty }
        await fixture.pass(.seconds(60))
        #expect(fixture.transport.ids("a").count == 1)
        await fixture.end()
    }

    @Test func `a test leaves a later replay its turn`() async throws {
        let fixture = try await Fixture()
        let (service, everyone) = (fixture.service, fixture.everyone)
        let webhook = try await fixture.add("a")
        fixture.transport.respond("a", .response(status: 500, retryAfter: nil, body: []))
        await fixture.publish()
        try await fixture.wait("the first attempt") {
            try await fixture.status(webhook).webhook.progress.failures == 1
        }
        fixture.transport.hang("a", true)
        let test = Task { try await service.test(webhook.id, by: everyone) }
        try await fixture.wait("the test") { fixture.transport.isHeld("a") }
        fixture.transport.respond("a", .response(status: 204, retryAfter: nil, body: []))
        _ = try await service.setEnabled(true, webhook.id, by: everyone)
        fixture.transport.hang("a", false)
        _ = try await test.value
        // Without time for the retry, which is 5 s later.
        let before = fixture.clock.wall
        try await fixture.wait("the event") { fixture.transport.ids("a").count == 3 }
        #expect(fixture.clock.wall - before < 4_000_000)
        await fixture.end()
    }

    @Test func `one that was down for a day catches up at a bounded rate`() async throws {
        let fixture = try await Fixture { $0.catchUpRate = 10 }
        let webhook = try await fixture.add("a")
        _ = try await fixture.service.setEnabled(false, webhook.id, by: fixture.everyone)
        let ids = await fixture.publish(60)
        try await fixture.wait("the events") { try await fixture.status(webhook).lagEvents == 60 }
        await fixture.pass(.seconds(86_400))
        _ = try await fixture.service.setEnabled(true, webhook.id, by: fixture.everyone)
        let start = fixture.clock.wall
        try await fixture.wait("all") {
            await fixture.pass(.milliseconds(20))
            return fixture.transport.ids("a").count == 60
        }
        #expect(fixture.transport.ids("a") == ids)
        #expect(fixture.clock.wall - start >= 5_900_000)
        await fixture.end()
    }
}
