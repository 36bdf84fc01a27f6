import Foundation
import Frames
import HTTPServer
import TLS
import TestSupport
import Testing

/// Waits until a condition holds.
func eventually(
    within limit: Duration = .seconds(10), _ condition: () async throws -> Bool
) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(2))
    }
    return false
}

/// Requests, responses and streams over HTTP/2 with clients of others.
@Suite struct HTTP2ConnectionTests {
    private static let priorKnowledge = ["--http2-prior-knowledge"]

    @Test func `curl gets 4 MiB to the byte, and sends as many`() async throws {
        try await withServer { address, _ in
            let big = try await Curl(Self.priorKnowledge + ["http://\(address)/big"])
            #expect(big.output == TestResponder.big)
            var random = SystemRandomNumberGenerator()
            let words = (0..<(512 << 10)).map { _ in random.next() as UInt64 }
            let body = words.withUnsafeBytes { Array($0) }
            let file = NSTemporaryDirectory() + "body-\(UUID().uuidString)"
            try Data(body).write(to: URL(filePath: file))
            let copy = try await Curl(
                Self.priorKnowledge + ["--data-binary", "@\(file)", "http://\(address)/copy"])
            #expect(copy.output == body)
        }
    }

    @Test func `curl speaks HTTP/2 over TLS where it is offered`() async throws {
        let files = try certificate.get()
        let store = try TLSStore(TLSConfiguration(certificates: [files]))
        try await withServer(security: store) { address, _ in
            let url = "https://localhost:\(address.split(separator: ":")[1])"
            let curl = try await Curl([
                "--cacert", files.certificate, "-w", "%{http_version} %{num_connects}\n",
                "\(url)/a", "\(url)/big", "\(url)/b",
            ])
            #expect(curl.status == 0)
            #expect(curl.text.hasPrefix("at /a2 1\n"))
            #expect(curl.text.hasSuffix("2 0\nat /b2 0\n"), "one connection for all")
            #expect(curl.output.count { $0 == 0x78 } == TestResponder.big.count)
        }
    }

    @Test func `streams and slow readers are served over TLS as well`() async throws {
        let files = try certificate.get()
        let store = try TLSStore(TLSConfiguration(certificates: [files]))
        try await withServer(security: store) { address, responder in
            let url = "https://localhost:\(address.split(separator: ":")[1])"
            let trust = ["--cacert", files.certificate]
            async let events = Curl(trust + ["-N", "\(url)/events"])
            async let slow = Curl(trust + ["--limit-rate", "4M", "\(url)/big"])
            #expect(try await eventually { await responder.openStreamCount() == 1 })
            let sent = await responder.sendAndFinish(frames: 500)
            let (stream, body) = try await (events, slow)
            #expect(stream.output.count == "first\n".utf8.count + sent)
            #expect(body.output == TestResponder.big)
        }
    }

    @Test func `responses without content have none`() async throws {
        try await withServer { address, responder in
            let client = try HTTP2SocketClient(address)
            for (path, method, status) in [
                ("/none", "GET", "204"), ("/unchanged", "GET", "304"), ("/text", "HEAD", "200"),
                ("/stream", "HEAD", "200"), ("/sized", "HEAD", "200"),
            ] {
                let stream = try await client.request(path, method: method)
                let response = try await client.response(stream)
                #expect(response.status == status)
                #expect(response.body.isEmpty)
                #expect(response.closeCode == 0)
                let length = ["/text": "10000", "/sized": "\(4 << 20)"][path] ?? ""
                #expect(response["content-length"] == length)
                #expect(response["date"].hasSuffix("GMT"))
            }
            #expect(!client.session.hasFailed)
            #expect(await responder.failures.isEmpty, "writers are not told of a failure")
        }
    }

    @Test func `many streams share a connection, and one that is not read harms no other`()
        async throws
    {
        try await withServer { address, _ in
            let client = try HTTP2SocketClient(address)
            client.session.consumes = false
            let slow = try await client.request("/big")
            try await client.run { $0.unconsumed[slow] == 1 << 20 }
            client.session.consumes = true
            var others: [Int32] = []
            for index in 0..<60 {
                others.append(try await client.request(index % 20 == 0 ? "/sized" : "/later"))
            }
            for (index, stream) in others.enumerated() {
                let response = try await client.response(stream)
                #expect(response.body.count == (index % 20 == 0 ? 4 << 20 : 5))
            }
            #expect(client.session.responses[slow]?.body.count == 1 << 20)
            client.session.consume(1 << 20, of: slow)
            #expect(try await client.response(slow).body == TestResponder.big)
        }
    }

    @Test func `a body above the limit is refused, and the connection goes on`() async throws {
        try await withServer { address, _ in
            let client = try HTTP2SocketClient(address)
            let body = [UInt8](repeating: 1, count: 2_000_000)
            for fields in [[("content-length", "\(body.count)")], []] {
                let stream = try await client.request(
                    "/echo", method: "POST", fields: fields, body: body)
                let response = try await client.response(stream)
                #expect(response.status == "413")
                #expect(response.closeCode == 0)
            }
            #expect(try await client.get("/next").text == "at /next")
        }
    }

    @Test func `a client that waits for status 100 gets it`() async throws {
        try await withServer { address, _ in
            let curl = try await Curl(
                Self.priorKnowledge + [
                    "-H", "Expect: 100-continue", "--data-binary", "hello", "-v",
                    "http://\(address)/echo",
                ])
            #expect(curl.text.contains("< HTTP/2 100"))
            #expect(curl.text.contains("hello"))
        }
    }

    @Test func `frames of a stream arrive, and its end is complete`() async throws {
        try await withServer { address, responder in
            let client = try HTTP2SocketClient(address)
            let first = try await client.request("/events")
            let second = try await client.request("/events")
            #expect(try await eventually { await responder.openStreamCount() == 2 })
            let sent = await responder.sendAndFinish(frames: 100)
            for stream in [first, second] {
                let response = try await client.response(stream)
                #expect(response.body.count == "first\n".utf8.count + sent)
                #expect(response.hasEnded)
            }
            #expect(await responder.openStreamCount() == 0)
            #expect(try await client.get("/next").text == "at /next")
        }
    }

    @Test func `nghttp and h2load are satisfied`() async throws {
        try await withServer { address, _ in
            let many = try await OutsideProgram(
                "/usr/bin/nghttp",
                ["-n", "-s"] + (0..<10).map { "http://\(address)/later?\($0)" })
            #expect(many.status == 0)
            let lines = many.text.split(separator: "\n").filter { $0.contains(" 200 ") }
            #expect(lines.count { $0.contains(" 5 /later?") } == 10)
            let load = try await OutsideProgram(
                "/usr/bin/h2load", ["-n", "1000", "-c", "5", "-m", "20", "http://\(address)/text"])
            #expect(load.text.contains("1000 succeeded, 0 failed, 0 errored, 0 timeout"))
        }
    }
}
