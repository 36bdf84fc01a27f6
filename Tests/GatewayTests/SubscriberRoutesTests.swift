import Foundation
import TestSupport
import Testing

/// `GET /subscribers` and `DELETE /subscribers/{id}`.
@Suite(.eachWay) struct SubscriberRoutesTests {
    private typealias Subscriber = [String: Any]

    private func page(_ gateway: TestGateway, _ query: String) async throws -> HTTPAnswer {
        let answer = try await gateway.request("GET", "/subscribers?\(query)")
        #expect(answer.status == 200, "\(answer.text)")
        return answer
    }

    private func subscribers(_ answer: HTTPAnswer) -> [Subscriber] {
        answer.json["subscribers"] as? [Subscriber] ?? []
    }

    @Test func `a subscriber is listed with its client, its age and its queue`() async throws {
        try await TestGateway.run(["events.subscriber_buffer_size": "7"]) { gateway in
            let name = String(repeating: "long", count: 100)
            let first = try await gateway.listen("/events", ["User-Agent": "watcher/1.0 \"x\""])
            let second = try await gateway.listen("/events", ["User-Agent": name])
            let third = try await gateway.listen()
            try await gateway.push("a")
            for reader in [first, second, third] { _ = try await reader.event() }
            let found = subscribers(try await page(gateway, ""))
            #expect(found.map { $0["id"] as? Int } == [1, 2, 3])
            #expect(
                found.map { $0["user_agent"] as? String }
                    == ["watcher/1.0 \"x\"", String(name.prefix(256)) + "…", ""])
            for subscriber in found {
                #expect(subscriber["buffer_size"] as? Int == 7)
                #expect(subscriber["age"] as? Int != nil)
                let rate = subscriber["rate"] as? Double ?? 0
                #expect(rate > 0)
                #expect(subscriber["delivered"] as? Int == 1)
                #expect(subscriber["replaying"] as? Bool == false)
                #expect(subscriber["kind"] as? String == "http")
                #expect(subscriber["subject"] == nil, "no proof was asked for")
            }
        }
    }

    @Test(arguments: ["asc", "desc"])
    func `subscribers are sorted, and listed page by page`(order: String) async throws {
        try await TestGateway.run { gateway in
            var readers: [EventReader] = []
            // The skill x is wanted by the first, x and y by the next, and so on.
            for number in 1...5 {
                let labels = (0..<number).map { "/skills/s\($0)" }.joined(separator: ",")
                readers.append(try await gateway.listen("/events?labels=\(labels)"))
            }
            for skill in 0..<5 { try await gateway.push("r\(skill)", skill: "s\(skill)") }
            for (number, reader) in readers.enumerated() {
                for _ in 0...number { _ = try await reader.event() }
            }
            for (sort, values) in [("delivered", [1, 2, 3, 4, 5]), ("id", [1, 2, 3, 4, 5])] {
                var (found, after, pages): ([Int], String?, Int) = ([], nil, 0)
                repeat {
                    let answer = try await page(
                        gateway,
                        "sort=\(sort)&order=\(order)&limit=2" + (after.map { "&after=\($0)" } ?? "")
                    )
                    #expect(answer.json["total"] as? Int == 5)
                    found += subscribers(answer).compactMap { $0[sort] as? Int }
                    after = answer.json["next"] as? String
                    pages += 1
                } while after != nil && pages < 10
                #expect(pages == 3)
                #expect(found == (order == "asc" ? values : values.reversed()), "\(sort)")
            }
            let oldest = try await page(gateway, "sort=age&order=\(order)&limit=1")
            #expect(subscribers(oldest).first?["id"] as? Int == (order == "asc" ? 5 : 1))
        }
    }

    @Test func `a stream is ended with a goodbye that says why`() async throws {
        try await TestGateway.run { gateway in
            let other = try await gateway.listen()
            let reader = try await gateway.listen()
            let ended = try await gateway.request("DELETE", "/subscribers/2")
            #expect(ended.status == 204)
            let goodbye = try await reader.event()
            #expect(goodbye["event"] == "goodbye")
            #expect(goodbye.json["reason"] as? String == "disconnected")
            #expect(try await reader.block() == nil, "the body ends")
            try await gateway.push("a")
            #expect(try await other.event()["event"] == "RECORD_PUSHED", "others go on")
            #expect(subscribers(try await page(gateway, "")).map { $0["id"] as? Int } == [1])
            #expect(try await gateway.request("DELETE", "/subscribers/2").status == 404)
        }
    }

    @Test func `what is asked for wrongly is named`() async throws {
        try await TestGateway.run { gateway in
            for query in [
                "sort=speed", "order=up", "limit=0", "after=x", "after=1", "after=1.2.3", "page=2",
                "after=1.99999999999999999999",
            ] {
                let answer = try await gateway.request("GET", "/subscribers?\(query)")
                #expect(answer.status == 400, "\(query)")
            }
            for (id, status) in [("x", 400), ("0", 400), ("-1", 400), ("77", 404)] {
                let answer = try await gateway.request("DELETE", "/subscribers/\(id)")
                #expect(answer.status == status, "\(id)")
            }
        }
    }
}
