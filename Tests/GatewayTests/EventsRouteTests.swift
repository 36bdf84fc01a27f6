import Foundation
import TestSupport
import Testing

@Suite(.eachWay) struct EventsRouteTests {
    @Test func `the first bytes come at once, with the headers that proxies need`() async throws {
        try await TestGateway.run { gateway in
            let client = try SocketClient(gateway.address)
            try await client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
            let (status, fields) = try await client.head()
            #expect(status == 200)
            #expect(fields["content-type"] == "text/event-stream; charset=utf-8")
            #expect(fields["cache-control"] == "no-store, no-transform")
            #expect(fields["x-accel-buffering"] == "no")
            #expect(fields["content-length"] == nil)
            let first = try #require(try await client.chunk())
            #expect(String(decoding: first, as: UTF8.self) == "retry: 3000\n: connected\n\n")
        }
    }

    @Test func `an operation that begins after the first bytes is never missed`() async throws {
        try await TestGateway.run { gateway in
            for round in 0..<50 {
                let reader = try await gateway.listen()
                let cid = try await gateway.push("r\(round)")
                #expect(try await reader.event().story == "RECORD_PUSHED \(cid)")
            }
        }
    }

    @Test func `every event of this gateway is heard, in the order of the operations`() async throws
    {
        try await TestGateway.run { gateway in
            let reader = try await gateway.listen()
            let cid = try await gateway.push("a")
            try await gateway.push("a")
            _ = try await gateway.request("GET", "/records/\(cid)")
            _ = try await gateway.post("/publish", #"{"cids":["\#(cid)"]}"#)
            _ = try await gateway.post("/publish", #"{"all":true}"#)
            _ = try await gateway.post("/unpublish", #"{"cids":["\#(cid)"]}"#)
            _ = try await gateway.request("DELETE", "/records/\(cid)")
            _ = try await gateway.request("DELETE", "/records/\(cid)")
            let expected = [
                "PUSHED", "PUSHED", "PULLED", "PUBLISHED", "PUBLISHED", "UNPUBLISHED", "DELETED",
                "DELETED",
            ]
            var last = ""
            for name in expected {
                let event = try await reader.event()
                #expect(event.story == "RECORD_\(name) \(cid)")
                #expect(event.json["type"] as? String == "EVENT_TYPE_RECORD_\(name)")
                #expect(event["id"] == event.json["id"] as? String)
                #expect(last < event["id"] ?? "")
                last = event["id"] ?? ""
                let hasLabels = ["PUSHED", "PULLED", "PUBLISHED"].contains(name)
                #expect((event.json["labels"] as? [String]) == (hasLabels ? ["/skills/s"] : nil))
            }
        }
    }

    @Test func `what fails is not heard`() async throws {
        try await TestGateway.run { gateway in
            let reader = try await gateway.listen()
            _ = try await gateway.post("/push", "{}")
            _ = try await gateway.request("GET", "/records/nothing")
            _ = try await gateway.post("/publish", #"{"cids":["\#(absentCID)"]}"#)
            _ = try await gateway.post("/unpublish", #"{"cids":["\#(absentCID)"]}"#)
            let cid = try await gateway.push("a")
            _ = try await gateway.request("HEAD", "/records/\(cid)")
            _ = try await gateway.request(
                "GET", "/records/\(cid)", fields: ["If-None-Match": "\"\(cid)\""])
            try await gateway.push("b")
            #expect(try await reader.event().story == "RECORD_PUSHED \(cid)")
            #expect(try await reader.event().story.hasPrefix("RECORD_PUSHED"))
        }
    }

    static let filters: [(String, [String])] = [
        ("", ["PUSHED a", "PUSHED b", "DELETED a"]),
        ("?types=RECORD_PUSHED", ["PUSHED a", "PUSHED b"]),
        ("?types=EVENT_TYPE_RECORD_DELETED", ["DELETED a"]),
        ("?types=RECORD_PUSHED,RECORD_DELETED", ["PUSHED a", "PUSHED b", "DELETED a"]),
        ("?types=RECORD_PUSHED&types=RECORD_DELETED", ["PUSHED a", "PUSHED b", "DELETED a"]),
        ("?types=%20RECORD_PUSHED%20,,", ["PUSHED a", "PUSHED b"]),
        ("?types=", ["PUSHED a", "PUSHED b", "DELETED a"]),
        ("?labels=vision", ["PUSHED a"]),
        ("?labels=/skills/", ["PUSHED a", "PUSHED b"]),
        ("?labels=%2Fskills%2Fspeech", ["PUSHED b"]),
        ("?labels=Vision", []),
        ("?labels=vision,speech", ["PUSHED a", "PUSHED b"]),
        ("?labels=c++", []),
        ("?cids=A", ["PUSHED a", "DELETED a"]),
        ("?cids=A,B", ["PUSHED a", "PUSHED b", "DELETED a"]),
        ("?cids=baearei", []),
        ("?types=RECORD_DELETED&labels=vision", []),
        ("?types=RECORD_DELETED&cids=A", ["DELETED a"]),
        ("?labels=speech&cids=A", []),
        ("?labels=vision&cids=A,B", ["PUSHED a"]),
        ("?types=RECORD_PUSHED&labels=s&cids=B", ["PUSHED b"]),
    ]

    @Test(arguments: filters)
    func `a subscriber receives what its filter matches, and nothing else`(
        query: String, heard: [String]
    ) async throws {
        try await TestGateway.run { gateway in
            // The CIDs are known before: the same records give the same ones.
            let (a, b) = (record("a", skill: "vision"), record("b", skill: "speech"))
            let cids = [
                "a": try await gateway.post("/push", a).json["cid"] as? String ?? "",
                "b": try await gateway.post("/push", b).json["cid"] as? String ?? "",
            ]
            var target = query
            for (name, cid) in cids {
                for mark in ["cids=\(name.uppercased())", ",\(name.uppercased())"] {
                    target = target.replacingOccurrences(
                        of: mark, with: mark.dropLast() + cid)
                }
            }
            let reader = try await gateway.listen("/events\(target)")
            _ = try await gateway.post("/push", a)
            _ = try await gateway.post("/push", b)
            _ = try await gateway.request("DELETE", "/records/\(cids["a"] ?? "")")
            // Goodbye follows everything that the filter matches.
            let server = gateway.server
            let end = Task { await server.shutdown() }
            var story: [String] = []
            while true {
                let event = try await reader.event()
                if event["event"] == "goodbye" { break }
                let name = cids.first { $0.value == event.json["resource_id"] as? String }?.key
                story.append("\(event["event"]?.dropFirst(7) ?? "") \(name ?? "")")
            }
            await end.value
            #expect(story == heard)
        }
    }

    @Test func `NDJSON has the same events, one a line`() async throws {
        try await TestGateway.run { gateway in
            let client = try SocketClient(gateway.address)
            try await client.send(
                "GET /events HTTP/1.1\r\nHost: a\r\nAccept: application/x-ndjson\r\n\r\n")
            #expect(try await client.head().fields["content-type"] == "application/x-ndjson")
            #expect(try await client.chunk() == [0x0A])
            let cid = try await gateway.push("a")
            let line = try #require(try await client.chunk())
            let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
            #expect(object?["resource_id"] as? String == cid)
            #expect(line.filter { $0 == 0x0A }.count == 1)
        }
    }

    @Test func `an HTTP 1.0 client gets a body that ends with the connection`() async throws {
        try await TestGateway.run { gateway in
            let client = try SocketClient(gateway.address)
            try await client.send("GET /events HTTP/1.0\r\n\r\n")
            #expect(try await client.head().fields["transfer-encoding"] == nil)
            #expect(try await client.read(through: "\n\n") == "retry: 3000\n: connected\n\n")
            let cid = try await gateway.push("a")
            #expect(try await client.read(through: "\n\n").contains(cid))
        }
    }

    @Test func `HEAD and OPTIONS respond at once and add no subscriber`() async throws {
        try await TestGateway.run { gateway in
            let head = try await gateway.request("HEAD", "/events?types=RECORD_PUSHED")
            #expect(head.status == 200)
            #expect(head.fields["content-type"] == "text/event-stream; charset=utf-8")
            #expect(head.fields["content-length"] == nil)
            #expect(try await gateway.request("HEAD", "/events?label=x").status == 400)
            let options = try await gateway.request("OPTIONS", "/events")
            #expect(options.status == 204)
            #expect(options.fields["allow"] == "GET, HEAD, OPTIONS")
            let listeners = try await gateway.request("GET", "/subscribers").json["subscribers"]
            #expect((listeners as? [Any])?.isEmpty == true)
        }
    }

    @Test(arguments: [
        ("?label=x", "Unknown parameter 'label', did you mean 'labels'?"),
        ("?type=x", "Unknown parameter 'type', did you mean 'types'?"),
        ("?Types=x", "Unknown parameter 'Types', did you mean 'types'?"),
        ("?first=x", "Unknown parameter 'first'."),
        ("?types=RECORD_PUSHD", "Unknown event type 'RECORD_PUSHD', did you mean 'RECORD_PUSHED'?"),
        (
            "?types=record_pushed",
            "Unknown event type 'record_pushed', did you mean 'RECORD_PUSHED'?"
        ),
        ("?labels=%zz", "A percent sign in the address is not followed by two hexadecimal digits."),
        ("?labels=%ff", "The address encodes bytes that are not UTF-8."),
    ])
    func `a typing mistake fails loudly`(query: String, detail: String) async throws {
        try await TestGateway.run { gateway in
            let answer = try await gateway.request("GET", "/events\(query)")
            #expect(answer.status == 400)
            #expect(answer.fields["content-type"] == "application/problem+json")
            #expect(answer.json["detail"] as? String == detail)
            #expect(answer.json["remedy"] as? String != nil)
        }
    }

    @Test func `a filter has a most of items, and the ten types are named`() async throws {
        try await TestGateway.run(["limits.filter_items": "3"]) { gateway in
            #expect(try await gateway.request("GET", "/events?labels=a,b,c,d").status == 400)
            let answer = try await gateway.request("GET", "/events?types=nonsense")
            let remedy = answer.json["remedy"] as? String ?? ""
            #expect(remedy.contains("RECORD_PUSHED") && remedy.contains("PUBLIC_KEY_UPLOADED"))
        }
    }

    @Test(arguments: [
        ("text/html", 406), ("application/json", 406), ("text/event-stream;q=0", 406),
        ("*/*", 200), ("text/*", 200), ("text/html, */*;q=0.1", 200),
        ("text/event-stream;q=nan, */*", 200),
    ])
    func `a stream is given to who takes one`(accept: String, status: Int) async throws {
        try await TestGateway.run { gateway in
            let client = try SocketClient(gateway.address)
            try await client.send("GET /events HTTP/1.1\r\nHost: a\r\nAccept: \(accept)\r\n\r\n")
            #expect(try await client.head().status == status)
        }
    }

    @Test func `silence is broken by a comment`() async throws {
        try await TestGateway.run(["events.heartbeat_interval": "200ms"]) { gateway in
            let reader = try await EventReader(gateway.address)
            for _ in 0..<3 {
                let block = try #require(try await reader.block())
                #expect(block.comments == [""])
                #expect(block.fields.isEmpty)
            }
        }
    }

    @Test func `a client that sends on an open stream is disconnected`() async throws {
        try await TestGateway.run { gateway in
            let reader = try await EventReader(gateway.address)
            try await reader.client.send("some bytes that are not read")
            let cid = try await gateway.push("a")
            #expect(try await reader.event().story == "RECORD_PUSHED \(cid)")
            try await reader.client.send(String(repeating: "x", count: 8000))
            #expect(try await reader.client.isClosedByPeer())
        }
    }

    @Test func `a subscriber over the limit is refused, and an EventSource so that it reconnects`()
        async throws
    {
        try await TestGateway.run(["limits.subscribers": "1"]) { gateway in
            let first = try await EventReader(gateway.address)
            let soft = try await gateway.request(
                "GET", "/events", fields: ["Accept": "text/event-stream"])
            #expect(soft.status == 200)
            #expect(soft.text.hasPrefix("retry: "))
            #expect(soft.text.contains("\nevent: retry-later\ndata: {\"reason\":"))
            let hard = try await gateway.request("GET", "/events")
            #expect(hard.status == 503)
            #expect(Int(hard.fields["retry-after"] ?? "") ?? 0 > 0)
            try first.client.reset()
            // The place is free as soon as the end of the first has been seen.
            var isRefused = true
            while isRefused {
                let next = try SocketClient(gateway.address)
                try await next.send(
                    "GET /events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n")
                isRefused = try await next.head().fields["content-length"] != nil
            }
        }
    }

    @Test func `one address has no more than its share`() async throws {
        try await TestGateway.run(["limits.subscribers_per_address": "1"]) { gateway in
            let first = try await EventReader(gateway.address)
            let second = try await gateway.request("GET", "/events")
            #expect(second.status == 429)
            #expect(second.fields["retry-after"] != nil)
            _ = first
        }
    }
}
