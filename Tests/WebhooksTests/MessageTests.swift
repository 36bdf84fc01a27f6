import Directory
import Events
import Foundation
import Testing

@testable import Webhooks

@Suite(.timeLimit(.minutes(2))) struct MessageTests {
    private func object(_ body: String) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
    }

    @Test func `a standard message has type, timestamp and the event as data`() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.add("a") { $0.fields = [.init(name: "X-Team", value: "blue")] }
        let ids = await fixture.publish(labels: ["/skills/AI"])
        try await fixture.wait("arrived") { !fixture.transport.sent.isEmpty }
        let sent = try #require(fixture.transport.sent.first)
        let body = try object(sent.body)
        #expect(body["type"] as? String == "RECORD_PUSHED")
        #expect((body["data"] as? [String: Any])?["id"] as? String == ids[0])
        #expect(sent.fields["webhook-id"] == ids[0])
        #expect(sent.fields["X-Team"] == "blue")
        #expect(sent.fields["Content-Type"] == "application/json")
        #expect(sent.fields["webhook-timestamp"] == "1760000000")
        await fixture.end()
    }

    @Test func `a batch holds what waits, up to a hundred events`() async throws {
        let fixture = try await Fixture { $0.source = "https://gateway.example" }
        _ = try await fixture.add("a") { $0.format = .cloudEventsBatch }
        fixture.transport.hang("a", true)
        await fixture.publish(1)
        try await fixture.wait("first") { fixture.transport.sent.count == 1 }
        await fixture.publish(250)
        fixture.transport.hang("a", false)
        func batches() -> [[[String: Any]]] {
            fixture.transport.sent.compactMap { sent in
                (try? JSONSerialization.jsonObject(with: Data(sent.body.utf8)))
                    as? [[String: Any]]
            }
        }
        try await fixture.drain { batches().map(\.count).reduce(0, +) >= 251 }
        #expect(batches().allSatisfy { $0.count <= 100 })
        #expect(batches().map(\.count).reduce(0, +) == 251)
        for event in batches().joined() {
            #expect(event["specversion"] as? String == "1.0")
            #expect(event["source"] as? String == "https://gateway.example")
            #expect(event["type"] as? String == "org.agntcy.dir.event.RECORD_PUSHED")
        }
        await fixture.end()
    }

    @Test func `during a rotation both keys sign`() async throws {
        let fixture = try await Fixture()
        let webhook = try await fixture.add("a")
        _ = try await fixture.service.rotate(webhook.id, by: fixture.everyone)
        await fixture.publish()
        try await fixture.wait("arrived") { fixture.transport.sent.count == 1 }
        await fixture.pass(.seconds(86_401))
        await fixture.publish()
        try await fixture.wait("arrived") { fixture.transport.sent.count == 2 }
        let counts = fixture.transport.sent.map {
            $0.fields["webhook-signature"]?.split(separator: " ").count
        }
        #expect(counts == [2, 1])
        await fixture.end()
    }

    @Test func `events that were evicted are told by a gap`() async throws {
        let fixture = try await Fixture { $0.maxLagEvents = 10 }
        let webhook = try await fixture.add("a")
        fixture.transport.respond("a", .response(status: 500, retryAfter: nil, body: []))
        await fixture.publish(1)
        try await fixture.wait("failed") { try await fixture.failures(webhook) == 1 }
        // More than the log keeps for webhooks that follow.
        for _ in 0..<21 { await fixture.publish(5000) }
        try await fixture.wait("the tail has moved") {
            try await fixture.status(webhook).lagEvents > 104_000
        }
        try await fixture.service.flush()
        try await fixture.wait("evicted") {
            try await fixture.store.eventLog.extent().count <= 100_100
        }
        fixture.transport.respond("a", .response(status: 200, retryAfter: nil, body: []))
        await fixture.pass(.seconds(7))
        try await fixture.wait("gap") { fixture.transport.sent.count >= 2 }
        let body = try object(try #require(fixture.transport.sent.dropFirst().first).body)
        #expect(body["type"] as? String == "gap")
        let missed = (body["data"] as? [String: Any])?["missed_at_most"] as? Int
        #expect(missed ?? 0 >= 4900)
        await fixture.end()
    }

    @Test func `the last hundred attempts are listed, newest first`() async throws {
        let fixture = try await Fixture()
        let webhook = try await fixture.add("a")
        await fixture.publish(130)
        try await fixture.wait("arrived") { fixture.transport.sent.count == 130 }
        let page = try await fixture.service.deliveries(
            of: webhook.id, isSuccess: nil, limit: 60, after: nil, by: fixture.everyone)
        #expect(page.items.map(\.number) == (71...130).reversed().map { Int64($0) })
        let next = try await fixture.service.deliveries(
            of: webhook.id, isSuccess: nil, limit: 60, after: page.next, by: fixture.everyone)
        #expect(next.items.map(\.number) == (31...70).reversed().map { Int64($0) })
        #expect(next.next == nil)
        #expect(page.items.allSatisfy { $0.response == Array("ok".utf8) })
        await fixture.end()
    }
}
