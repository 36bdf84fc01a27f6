import Directory
import Foundation
import Records
import TestSupport
import Testing

/// A record of about the given size, with one skill.
private func large(_ name: String, bytes: Int) -> String {
    let text = String(repeating: "d", count: 9000)
    let notes = (0..<bytes / 9000).map { #""k\#($0)":"\#(text)""# }.joined(separator: ",")
    return record(name, skills: ["s"], more: #""annotations":{\#(notes)}"#)
}

/// What a client can make expensive is bounded, in time and in memory.
@Suite struct BoundsTests {
    @Test func `a large record comes whole, with its length, and hashes to its cid`() async throws {
        try await TestGateway.run { gateway in
            let cid = try #require(
                try await gateway.post("/push", large("a", bytes: 2 << 20)).json["cid"] as? String)
            let client = try SocketClient(gateway.address)
            for _ in 0..<2 {
                let answer = try await client.request("GET", "/records/\(cid)")
                #expect(answer.status == 200)
                #expect(answer.fields["content-length"] == String(answer.body.count))
                #expect(answer.fields["transfer-encoding"] == nil)
                #expect(CID.of(answer.body) == cid)
            }
        }
    }

    @Test func `unread responses and bodies hold no more memory than the limit`() async throws {
        try await TestGateway.run(["limits.memory": "16MiB"]) { gateway in
            // Unread listings of a megabyte each.
            let long = String(repeating: "x", count: 1900)
            let skills = (0..<120).map { "\(long)\($0)" }
            for number in 0..<8 {
                let record = record("n\(number)", skills: skills)
                #expect(try await gateway.post("/push", record).status == 201)
            }
            var clients: [SocketClient] = []
            for _ in 0..<60 {
                let client = try SocketClient(gateway.address, receiveBuffer: 4096)
                try await client.send("GET /records HTTP/1.1\r\nHost: a\r\n\r\n")
                clients.append(client)
            }
            // Half of a body each, which waits for its end.
            for _ in 0..<20 {
                let client = try SocketClient(gateway.address)
                try await client.send(
                    "POST /push HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n\r\n"
                        + String(repeating: " ", count: 2_000_000))
                clients.append(client)
            }
            let refused = try await gateway.metric("http_requests_total", containing: "503")
            #expect(refused ?? 0 > 0)
            let held = try #require(try await gateway.metric("memory_bytes"))
            #expect(
                held <= Double(20 << 20),
                "a response in the middle may go beyond the limit a little")
            #expect(try await gateway.request("GET", "/healthz").status == 200)
            for client in clients { client.reset() }
            clients = []
            try await until { try await gateway.metric("memory_bytes") ?? 0 <= Double(1 << 20) }
            let answer = try await gateway.post("/push", record("after"))
            #expect(answer.status == 201)
        }
    }

    @Test func `a search that takes too long is refused, and health does not wait for it`()
        async throws
    {
        try await TestGateway.run(["limits.query_time": "10ms"]) { gateway in
            let lines = (0..<3000).map { record("record-\($0)", skill: "skill-\($0)") }
            let push = try await gateway.request(
                "POST", "/push", fields: ["Content-Type": "application/x-ndjson"],
                body: lines.joined(separator: "\n"))
            #expect(push.status == 200)
            let names = (0..<60).map { "*x*y*z*\($0)*" }.joined(separator: ",")
            let answer = try await gateway.request("GET", "/records?name=\(names)")
            #expect(answer.status == 503)
            #expect(answer.json["type"] as? String == "urn:directory-gateway:problem:query-timeout")
            #expect(answer.fields["retry-after"] != nil)
            #expect(try await gateway.request("GET", "/readyz").status == 200)
        }
    }

    @Test func `searches whose clients have left make room for others`() async throws {
        try await TestGateway.run(["limits.query_time": "1h"]) { gateway in
            let lines = (0..<2000).map { record("record-\($0)", skill: "skill-\($0)") }
            _ = try await gateway.request(
                "POST", "/push", fields: ["Content-Type": "application/x-ndjson"],
                body: lines.joined(separator: "\n"))
            // Each would take many seconds; there are connections for two at a time.
            let slow = (0..<100).map { "*\(String(repeating: "r*", count: 15))x\($0)" }
                .joined(separator: ",")
            for _ in 0..<6 {
                let client = try SocketClient(gateway.address)
                try await client.send("GET /records?name=\(slow) HTTP/1.1\r\nHost: a\r\n\r\n")
            }
            // Released, and so closed, without a response.
            #expect(try await gateway.request("GET", "/records?limit=1").status == 200)
        }
    }

    @Test func `a reader of many events loses none of a publication of all records`() async throws {
        try await TestGateway.run { gateway in
            let count = 3000
            try await gateway.push(count: count)
            let file = NSTemporaryDirectory() + "events-\(UUID().uuidString)"
            let curl = ChildProcess()
            curl.executableURL = URL(filePath: "/usr/bin/env")
            curl.arguments = [
                "curl", "-sN", "-o", file,
                "http://\(gateway.address)/events?types=RECORD_PUBLISHED",
            ]
            try curl.run()
            defer { curl.terminate() }
            func text() -> String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }
            try await until { text().contains("connected") }
            let answer = try await gateway.post("/publish", #"{"all":true}"#)
            #expect((answer.json["published"] as? [String])?.count == count)
            // The last one has come, and with it all others or the number of those that were lost.
            let last = (answer.json["published"] as? [String])?.last ?? "?"
            try await until { text().contains(last) }
            let lines = text().split(separator: "\n")
            #expect(lines.count { $0 == "event: RECORD_PUBLISHED" } == count)
            #expect(!lines.contains { $0 == "event: dropped" })
            try FileManager.default.removeItem(atPath: file)
        }
    }

    @Test func `other changes go on while all records are published`() async throws {
        try await TestGateway.run { gateway in
            try await gateway.push(count: 1500)
            let reader = try await EventReader(gateway.address, timeout: 60)
            async let publication = gateway.post("/publish", #"{"all":true}"#)
            _ = try await reader.event()
            let cid = try await gateway.push("meanwhile")
            // It comes before the last of the others.
            var (others, isSeen) = (1, false)
            while !isSeen, others < 1500 {
                let event = try await reader.event()
                if event.json["resource_id"] as? String == cid {
                    isSeen = true
                } else {
                    others += 1
                }
                if event["event"] == "dropped" { break }
            }
            #expect(isSeen, "the push did not wait for the end of the publication")
            let published = try await publication.json["published"] as? [String]
            #expect(published?.count == 1500)
        }
    }

    @Test func `a publication goes on when its client has left`() async throws {
        try await TestGateway.run { gateway in
            try await gateway.push(count: 600)
            let reader = try await EventReader(gateway.address, timeout: 60)
            do {
                let client = try SocketClient(gateway.address)
                try await client.send(
                    "POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"all\":true}"
                )
                _ = try await reader.event()
                client.reset()
            }
            var published = 1
            while published < 600 {
                let event = try await reader.event()
                try #require(event["event"] == "RECORD_PUBLISHED")
                published += 1
            }
        }
    }

    @Test func `a line of NDJSON that is no record stays one when nothing can be stored`()
        async throws
    {
        try await TestGateway.run { gateway in
            let answer = try await gateway.request(
                "POST", "/push", fields: ["Content-Type": "application/x-ndjson"],
                body: "{\n" + record("a") + "\n{}\n")
            let lines = answer.text.split(separator: "\n").map { line in
                (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any] ?? [:]
            }
            #expect(lines.compactMap { $0["status"] as? Int } == [400, 201, 422])
        }
    }

    @Test func `filters of one address have a bound together`() async throws {
        try await TestGateway.run(["limits.filter_items_per_address": "10"]) { gateway in
            let reader = try await EventReader(gateway.address, "/events?labels=a,b,c,d,e,f,g,h")
            let more = try await gateway.request(
                "GET", "/events?labels=a,b,c", fields: ["Accept": "*/*"])
            #expect(more.status == 429)
            let fits = try await EventReader(gateway.address, "/events?labels=a,b")
            _ = (reader, fits)
            let long = try await gateway.request(
                "GET", "/events?labels=\(String(repeating: "x", count: 300))")
            #expect(long.status == 400)
        }
    }

    @Test func `the stream says how often it gives a sign of life`() async throws {
        try await TestGateway.run(["events.heartbeat_interval": "500ms"]) { gateway in
            let reader = try await EventReader(gateway.address)
            #expect(reader.fields["directory-heartbeat-interval"] == "0.5")
        }
    }
}

extension TestGateway {
    /// The sum of the samples of a metric, whose line contains a text.
    func metric(_ name: String, containing text: String = "") async throws -> Double? {
        let page = try await request("GET", "/metrics").text
        let samples = page.split(separator: "\n").filter {
            $0.hasPrefix("directory_gateway_\(name)") && (text.isEmpty || $0.contains(text))
        }
        return samples.isEmpty
            ? nil : samples.compactMap { Double($0.split(separator: " ").last ?? "") }.reduce(0, +)
    }
}
