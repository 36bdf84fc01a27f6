import Directory
import Events
import Foundation
import Outbound
import Testing

@testable import Webhooks

@Suite(.timeLimit(.minutes(2))) struct DeliveryTests {
    @Test func `events arrive in order, one at a time, and only what the filter matches`()
        async throws
    {
        let fixture = try await Fixture()
        await fixture.publish()
        _ = try await fixture.add("all")
        _ = try await fixture.add("some") { $0.asked = EventFilter(types: [.recordDeleted]) }
        let pushed = await fixture.publish(100)
        let deleted = await fixture.publish(3, type: .recordDeleted)
        try await fixture.wait("all arrived") { fixture.transport.ids("all").count == 103 }
        #expect(fixture.transport.ids("all") == pushed + deleted)
        try await fixture.wait("some arrived") { fixture.transport.ids("some").count == 3 }
        #expect(fixture.transport.ids("some") == deleted)
        #expect(fixture.transport.most.one == 1)
        await fixture.end()
    }

    @Test func `the last event of a burst does not wait for the next one`() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.add("a")
        // One event or another is published just while the end of the log is being read.
        for round in 1...200 {
            for _ in 0..<5 { await fixture.publish() }
            try await fixture.wait("round \(round)") {
                fixture.transport.ids("a").count == round * 5
            }
        }
        await fixture.end()
    }

    @Test func `a failed message is sent again on schedule, before the next one`() async throws {
        let fixture = try await Fixture()
        let webhook = try await fixture.add("a")
        fixture.transport.respond("a", .response(status: 500, retryAfter: nil, body: []))
        let ids = await fixture.publish(2)
        try await fixture.wait("first attempt") { try await fixture.failures(webhook) == 1 }
        await fixture.pass(.milliseconds(4_900))
        #expect(fixture.transport.ids("a") == [ids[0]])
        await fixture.pass(.milliseconds(1_200))
        try await fixture.wait("second attempt") { try await fixture.failures(webhook) == 2 }
        fixture.transport.respond("a", .response(status: 204, retryAfter: nil, body: []))
        await fixture.pass(.seconds(37))
        try await fixture.wait("third attempt") { fixture.transport.ids("a").count == 3 }
        await fixture.pass(.seconds(1))
        try await fixture.wait("next one") { fixture.transport.ids("a").count == 4 }
        #expect(fixture.transport.ids("a") == [ids[0], ids[0], ids[0], ids[1]])
        await fixture.end()
    }

    @Test func `after the last attempt it is disabled, and nothing is lost`() async throws {
        let fixture = try await Fixture()
        let webhook = try await fixture.add("a")
        fixture.transport.respond("a", .failure("no answer in time"))
        let ids = await fixture.publish(3)
        for attempt in 1...9 {
            try await fixture.wait("attempt \(attempt)") {
                fixture.transport.ids("a").count == attempt
                    && fixture.transport.ids("a").last == ids[0]
            }
            try await fixture.wait("recorded") { try await fixture.failures(webhook) == attempt }
            await fixture.pass(.seconds(12 * 3600 + 1))
        }
        let status = try await fixture.status(webhook)
        #expect(!status.webhook.progress.isEnabled)
        #expect(status.webhook.progress.disabledReason?.contains("9 attempts failed") == true)
        #expect(status.lagEvents == 3)
        fixture.transport.respond("a", .response(status: 200, retryAfter: nil, body: []))
        _ = try await fixture.service.setEnabled(true, webhook.id, by: fixture.everyone)
        try await fixture.drain { fixture.transport.ids("a").count == 12 }
        #expect(Array(fixture.transport.ids("a").suffix(3)) == ids)
        await fixture.end()
    }

    @Test func `410 disables at once, and Retry-After is obeyed`() async throws {
        let fixture = try await Fixture()
        let gone = try await fixture.add("gone")
        let busy = try await fixture.add("busy")
        fixture.transport.respond("gone", .response(status: 410, retryAfter: nil, body: []))
        fixture.transport.respond("busy", .response(status: 429, retryAfter: "60", body: []))
        await fixture.publish()
        try await fixture.wait("disabled") {
            try await !fixture.status(gone).webhook.progress.isEnabled
        }
        try await fixture.wait("busy") { try await fixture.failures(busy) == 1 }
        await fixture.pass(.seconds(59))
        #expect(fixture.transport.ids("busy").count == 1)
        await fixture.pass(.seconds(2))
        try await fixture.wait("again") { fixture.transport.ids("busy").count == 2 }
        await fixture.end()
    }

    @Test func `receivers that hang delay no other, and requests are bounded`() async throws {
        let fixture = try await Fixture { $0.concurrency = 8 }
        for index in 0..<4 {
            _ = try await fixture.add("stuck\(index)")
            fixture.transport.hang("stuck\(index)", true)
        }
        for index in 0..<40 { _ = try await fixture.add("good\(index)") }
        await fixture.publish(5)
        for index in 0..<40 {
            try await fixture.wait("good\(index)") {
                fixture.transport.ids("good\(index)").count == 5
            }
        }
        #expect(fixture.transport.most.all <= 8)
        #expect(fixture.transport.most.one == 1)
        await fixture.end()
    }

    @Test func `after a kill everything arrives, at least once and in order`() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.add("a")
        _ = try await fixture.add("b") { $0.format = .cloudEventsBatch }
        var all: [String] = []
        for _ in 0..<6 {
            all += await fixture.publish(20)
            try await fixture.kill()
        }
        try await fixture.drain { fixture.transport.ids("a").last == all.last }
        var seen: Set<String> = []
        let firsts = fixture.transport.ids("a").filter { seen.insert($0).inserted }
        #expect(firsts == all)
        try await fixture.drain { fixture.transport.ids("b").last == all.last }
        let bodies = fixture.transport.sent.filter { $0.host == "b" }.map(\.body).joined()
        for id in all { #expect(bodies.contains(id)) }
        await fixture.end()
    }

    @Test func `a retry that waits is continued after a restart, whatever the clock says`()
        async throws
    {
        let fixture = try await Fixture()
        let webhook = try await fixture.add("a")
        fixture.transport.respond("a", .response(status: 503, retryAfter: nil, body: []))
        await fixture.publish()
        try await fixture.wait("failed") { try await fixture.failures(webhook) == 1 }
        await fixture.pass(.milliseconds(200))
        try await fixture.service.flush()
        fixture.clock.step(.seconds(-400 * 86_400))
        try await fixture.kill()
        #expect(fixture.transport.ids("a").count == 1)
        // Not 400 days, but the longest pause that can have been set.
        await fixture.pass(.seconds(86_401))
        try await fixture.wait("again") { fixture.transport.ids("a").count == 2 }
        await fixture.end()
    }

    @Test func `a step of the wall clock starts no retry, and drops no event`() async throws {
        let fixture = try await Fixture()
        let webhook = try await fixture.add("a")
        fixture.transport.respond("a", .response(status: 503, retryAfter: nil, body: []))
        let ids = await fixture.publish(3)
        try await fixture.wait("failed") { try await fixture.failures(webhook) == 1 }
        fixture.clock.step(.seconds(400 * 86_400))
        await fixture.pass(.seconds(1))
        await fixture.pass(.seconds(1))
        #expect(fixture.transport.ids("a").count == 1)
        fixture.transport.respond("a", .response(status: 200, retryAfter: nil, body: []))
        try await fixture.drain { fixture.transport.ids("a").count == 4 }
        #expect(fixture.transport.ids("a") == [ids[0]] + ids)
        await fixture.end()
    }
}

extension Fixture {
    func failures(_ webhook: StoredWebhook) async throws -> Int {
        try await status(webhook).webhook.progress.failures
    }

    /// Lets time pass until a condition holds.
    func drain(until condition: () -> Bool) async throws {
        try await wait("all arrived") {
            clock.advance(.seconds(1))
            return condition()
        }
    }
}
