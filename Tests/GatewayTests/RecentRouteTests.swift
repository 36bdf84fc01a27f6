import Foundation
import TestSupport
import Testing

/// `GET /events/recent`: the last events, from the log or from memory.
@Suite(.eachWay) struct RecentRouteTests {
    private func resources(_ answer: HTTPAnswer) -> [String] {
        (answer.json["events"] as? [[String: Any]] ?? []).map { $0["resource_id"] as? String ?? "" }
    }

    @Test(arguments: ["0", "1000"])
    func `the last events come oldest first, within the filter`(history: String) async throws {
        try await TestGateway.run(["events.history.max_events": history]) { gateway in
            let cids = [
                try await gateway.push("a", skill: "x"), try await gateway.push("b", skill: "y"),
                try await gateway.push("c", skill: "x"),
            ]
            let all = try await gateway.request("GET", "/events/recent")
            #expect(all.status == 200)
            #expect(all.fields["cache-control"] == "no-store")
            #expect(resources(all) == cids)
            #expect(all.json["source"] as? String == (history == "0" ? "memory" : "log"))
            let last = try await gateway.request("GET", "/events/recent?limit=1")
            #expect(resources(last) == [cids[2]])
            let some = try await gateway.request(
                "GET", "/events/recent?labels=/skills/x&types=RECORD_PUSHED")
            #expect(resources(some) == [cids[0], cids[2]])
            let lines = try await gateway.request(
                "GET", "/events/recent?cids=\(cids[1])", fields: ["Accept": "application/x-ndjson"])
            #expect(lines.fields["content-type"] == "application/x-ndjson")
            #expect(lines.json["resource_id"] as? String == cids[1])
        }
    }

    @Test func `memory keeps the last events only`() async throws {
        try await TestGateway.run(["events.recent.max_events": "2"]) { gateway in
            try await gateway.push("a")
            let cids = [try await gateway.push("b"), try await gateway.push("c")]
            #expect(resources(try await gateway.request("GET", "/events/recent")) == cids)
        }
    }

    @Test func `an event that a stream has received is among the last ones`() async throws {
        try await TestGateway.run { gateway in
            let reader = try await gateway.listen()
            for number in 0..<20 {
                try await gateway.push("r\(number)")
                let id = try await reader.event().json["id"] as? String
                let answer = try await gateway.request("GET", "/events/recent?limit=1")
                let events = answer.json["events"] as? [[String: Any]]
                #expect(id != nil && events?.first?["id"] as? String == id)
            }
        }
    }

    @Test func `what is asked for wrongly is named`() async throws {
        try await TestGateway.run(["events.recent.max_events": "0"]) { gateway in
            let off = try await gateway.request("GET", "/events/recent")
            #expect(off.status == 404)
            #expect(off.json["type"] as? String == "urn:directory-gateway:problem:recent-off")
        }
        try await TestGateway.run { gateway in
            for query in ["limit=0", "limit=1001", "types=NO", "since=1h"] {
                let answer = try await gateway.request("GET", "/events/recent?\(query)")
                #expect(answer.status == 400, "\(query)")
            }
            let accept = ["Accept": "text/html"]
            let answer = try await gateway.request("GET", "/events/recent", fields: accept)
            #expect(answer.status == 406)
        }
    }
}
