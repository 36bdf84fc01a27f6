import Foundation
import TestSupport
import Testing

private let history = ["events.history.max_events": "1000", "loops": "2"]

/// Streams that begin in the past, and pages of the event log.
@Suite(.eachWay) struct ResumeTests {
    /// The resources of the next `count` events.
    private func resources(_ reader: EventReader, _ count: Int) async throws -> [String] {
        var list: [String] = []
        for _ in 0..<count {
            list.append(try await reader.event().json["resource_id"] as? String ?? "")
        }
        return list
    }

    @Test func `a stream goes on after the last event that the client had`() async throws {
        try await TestGateway.run(history) { gateway in
            let first = try await gateway.listen()
            let known = try await gateway.push("known")
            let id = try #require(try await first.event()["id"])
            var cids: [String] = []
            for number in 0..<5 { cids.append(try await gateway.push("missed \(number)")) }
            let again = try await gateway.listen("/events?last_event_id=\(id)")
            #expect(try await resources(again, 5) == cids)
            let live = try await gateway.push("live")
            #expect(try await resources(again, 1) == [live])
            #expect(known != live)
        }
    }

    @Test func `the filter holds for the past as for what is to come`() async throws {
        try await TestGateway.run(history) { gateway in
            let cids = [
                try await gateway.push("a", skill: "x"), try await gateway.push("b", skill: "y"),
                try await gateway.push("c", skill: "x"),
            ]
            let reader = try await gateway.listen("/events?since=1h&labels=/skills/x")
            #expect(try await resources(reader, 2) == [cids[0], cids[2]])
            _ = try await gateway.push("d", skill: "y")
            let live = try await gateway.push("e", skill: "x")
            #expect(try await resources(reader, 1) == [live])
        }
    }

    @Test func `a client learns that what it missed is not known`() async throws {
        let foreign = "0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8a41"
        try await TestGateway.run { gateway in
            let off = try await gateway.listen("/events?last_event_id=\(foreign)")
            let block = try await off.event()
            #expect(block["event"] == "reset" && block["id"] == nil)
            #expect(block.json["cause"] as? String == "history-off")
            let live = try await gateway.push("live")
            #expect(try await resources(off, 1) == [live])
        }
        try await TestGateway.run(history) { gateway in
            try await gateway.push("a")
            let version4 = "0199f5a3-7c1e-4b52-9d1a-3f6f1c0e8a41"
            let unknown = try await gateway.listen("/events?last_event_id=\(version4)")
            #expect(try await unknown.event().json["cause"] as? String == "unknown-id")
            let old = try await gateway.listen("/events?last_event_id=\(foreign)")
            let reset = try await old.event()
            #expect(reset.json["cause"] as? String == "unknown-id")
            #expect(reset.json["oldest_id"] as? String != nil)
        }
    }

    @Test func `what is kept of a time that is older than the log is replayed`() async throws {
        try await TestGateway.run(["events.history.max_events": "10"]) { gateway in
            var cids: [String] = []
            for number in 0..<200 { cids.append(try await gateway.push("r\(number)")) }
            let reader = try await gateway.listen("/events?since=1970-01-01T02:00:00%2B02:00")
            let reset = try await reader.event()
            #expect(reset["event"] == "reset" && reset.json["cause"] as? String == "evicted")
            let first = try await reader.event()
            #expect(first["id"] == reset.json["oldest_id"] as? String)
            let resource = first.json["resource_id"] as? String ?? ""
            let place = try #require(cids.firstIndex(of: resource))
            #expect(place > 0)
            let rest = Array(cids[(place + 1)...])
            #expect(try await resources(reader, rest.count) == rest)
            let live = try await gateway.push("live")
            #expect(try await resources(reader, 1) == [live])
        }
    }

    @Test func `a parameter that does not decide is checked too`() async throws {
        let id = "0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8a41"
        try await TestGateway.run(history) { gateway in
            for query in ["last_event_id=\(id)&since=soon", "last_event_id=x&since=1h"] {
                #expect(try await gateway.request("GET", "/events?\(query)").status == 400)
            }
            let answer = try await gateway.request(
                "GET", "/events?since=soon", fields: ["Last-Event-ID": id])
            #expect(answer.status == 400)
        }
    }

    @Test func `nothing is lost or doubled where the past ends`() async throws {
        try await TestGateway.run(["events.history.max_events": "100000"]) { gateway in
            try await gateway.push(count: 300)
            async let pushed: Void = gateway.push(count: 700, named: "s")
            let reader = try await gateway.listen("/events?since=1h&types=RECORD_PUSHED")
            try await pushed
            var ids: [String] = []
            for _ in 0..<1000 { ids.append(try #require(try await reader.event()["id"])) }
            #expect(Set(ids).count == 1000, "no event comes twice")
            #expect(ids == ids.sorted(), "in their order")
            let last = try await gateway.push("the last")
            #expect(try await resources(reader, 1) == [last])
        }
    }

    @Test func `history is read page by page`() async throws {
        try await TestGateway.run(history) { gateway in
            var cids: [String] = []
            for number in 0..<5 { cids.append(try await gateway.push("r\(number)")) }
            var (found, after): ([String], String?) = ([], nil)
            repeat {
                let query = after.map { "&after=\($0)" } ?? ""
                let page = try await gateway.request("GET", "/events/history?limit=2\(query)")
                #expect(page.status == 200)
                for event in page.json["events"] as? [[String: Any]] ?? [] {
                    found.append(event["resource_id"] as? String ?? "")
                }
                after = page.json["next"] as? String
            } while after != nil
            #expect(found == cids)
            let lines = try await gateway.request(
                "GET", "/events/history?types=RECORD_PUSHED&cids=\(cids[3])",
                fields: ["Accept": "application/x-ndjson"])
            #expect(lines.fields["content-type"] == "application/x-ndjson")
            #expect(lines.text.contains(cids[3]) && !lines.text.contains(cids[2]))
        }
    }

    @Test func `what is asked for wrongly is named`() async throws {
        try await TestGateway.run(history) { gateway in
            for (query, word) in [
                ("last_event_id=hello", "last_event_id"), ("since=yesterday", "since"),
                ("since=2999-01-01T00:00:00Z", "future"),
            ] {
                let answer = try await gateway.request("GET", "/events?\(query)")
                #expect(answer.status == 400)
                #expect(answer.text.contains(word))
            }
            let after = try await gateway.request("GET", "/events/history?after=x")
            #expect(after.status == 400 && after.text.contains("after"))
        }
        try await TestGateway.run { gateway in
            let off = try await gateway.request("GET", "/events/history")
            #expect(off.status == 404 && off.text.contains("history-off"))
        }
    }

    @Test func `a browser that comes back with an id that is none is not turned away`() async throws
    {
        try await TestGateway.run(history) { gateway in
            let answer = try await gateway.request(
                "HEAD", "/events", fields: ["Last-Event-ID": "hello"])
            #expect(answer.status == 200)
        }
    }
}
