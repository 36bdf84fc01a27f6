import Foundation
import Glibc
import HTTPServer
import Libevent
import TLS
import TestSupport
import Testing

/// Responses and streams over TLS are those in the clear.
@Suite struct TLSConnectionTests {
    private func withTLS(
        _ change: (inout HTTPLimits) -> Void = { _ in },
        _ body: (_ url: String, _ trust: [String], TestResponder) async throws -> Void
    ) async throws {
        let files = try certificate.get()
        let store = try TLSStore(
            TLSConfiguration(certificates: [files], protocols: [.http1]))
        try await withServer(change, security: store) { address, responder in
            let port = address.split(separator: ":")[1]
            try await body("https://localhost:\(port)", ["--cacert", files.certificate], responder)
        }
    }

    @Test func `a large response arrives whole, and the connection is used again`() async throws {
        try await withTLS { url, trust, responder in
            let curl = try await Curl(
                trust + ["-w", "%{num_connects}", "\(url)/big", "\(url)/stream", "\(url)/next"])
            #expect(curl.status == 0)
            #expect(curl.text.hasSuffix("at /next0"), "the third needs no connection")
            let bodies = TestResponder.big.count + 128 * (64 << 10)
            #expect(curl.output.count == bodies + "1".count + "0".count + "at /next0".count)
            #expect(await responder.handshakeFailures == [])
        }
    }

    @Test func `a body is read, and sent back while it comes`() async throws {
        try await withTLS { url, trust, _ in
            let body = String(repeating: "0123456789", count: 90_000)
            let file = NSTemporaryDirectory() + "body-\(UUID().uuidString)"
            try body.write(toFile: file, atomically: true, encoding: .utf8)
            let echo = try await Curl(trust + ["--data-binary", "@\(file)", "\(url)/echo"])
            #expect(echo.text == body)
            let double = try await Curl(
                trust + [
                    "--data-binary", "@\(file)", "-H", "Transfer-Encoding: chunked",
                    "\(url)/double",
                ])
            #expect(double.output.count == 2 * body.utf8.count)
        }
    }

    @Test func `a client in the clear is told to use https`() async throws {
        try await withTLS { url, _, responder in
            let curl = try await Curl(
                ["-w", "%{http_code}", url.replacing("https", with: "http")])
            #expect(curl.text == "this port speaks TLS: use https400")
            #expect(await responder.handshakeFailures == [.plainHTTP])
        }
    }

    @Test func `a client in the clear may still send while it reads why it is refused`()
        async throws
    {
        try await withTLS { url, _, responder in
            let client = try SocketClient("127.0.0.1:\(url.split(separator: ":")[2])")
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n")
            _ = try await client.read(through: "use https")
            for _ in 0..<5 {
                try await client.send(String(repeating: "x", count: 1000))
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(await responder.connectionCount() == 1)
            client.reset()
            #expect(
                try await eventually(within: .seconds(1)) {
                    await responder.connectionCount() == 0
                })
        }
    }

    @Test func `a stream that is closed during its handshake is released`() throws {
        let store = try TLSStore(TLSConfiguration(certificates: [try certificate.get()]))
        let loop = try EventLoop(name: "test")
        var sockets: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets) == 0)
        defer { close(sockets[1]) }
        weak var released: TLSStream?
        do {
            let socket = SocketStream(descriptor: sockets[0], loop: loop)
            let stream = TLSStream(socket, context: store.current)
            released = stream
            stream.startHandshake { _ in stream.close() }
            stream.close()
        }
        #expect(released == nil)
    }

    @Test func `a handshake that does not come is ended`() async throws {
        try await withTLS({ $0.headerDeadline = .milliseconds(200) }) { url, _, responder in
            let port = url.split(separator: ":")[2]
            let client = try SocketClient("127.0.0.1:\(port)")
            #expect(try await client.isClosedByPeer())
            #expect(await responder.connectionCount() == 0)
        }
    }

    @Test func `frames of a stream arrive, and its end is complete`() async throws {
        try await withTLS { url, trust, responder in
            async let curl = Curl(trust + ["-N", "\(url)/events"])
            try await until { await responder.openStreamCount() > 0 }
            let sent = await responder.sendAndFinish(frames: 100)
            let result = try await curl
            #expect(result.status == 0)
            #expect(result.output.count == "first\n".utf8.count + sent)
        }
    }

    @Test func `a slow reader gets all of a response`() async throws {
        try await withTLS { url, trust, _ in
            let curl = try await Curl(trust + ["--limit-rate", "4M", "\(url)/big"])
            #expect(curl.status == 0)
            #expect(curl.output.count == TestResponder.big.count)
        }
    }
}
