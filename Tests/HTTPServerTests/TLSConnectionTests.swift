import Foundation
import HTTPServer
import TLS
import TestSupport
import Testing

/// What `curl` says and returns.
private struct Curl {
    let status: Int32
    let output: [UInt8]
    var text: String { String(decoding: output, as: UTF8.self) }

    init(_ arguments: [String]) async throws {
        (status, output) = try await blocking {
            let (child, pipe) = (ChildProcess(), ChildPipe())
            child.executableURL = URL(filePath: "/usr/bin/curl")
            child.arguments = ["-sS", "--max-time", "20"] + arguments
            child.standardOutput = pipe
            child.standardError = pipe
            try child.run()
            var output: [UInt8] = []
            while case let data = pipe.availableData(), !data.isEmpty { output += data }
            child.waitUntilExit()
            return (child.terminationStatus, output)
        }
    }
}

/// A certificate for `localhost` that signs itself.
private let certificate = Result { () throws -> TLSConfiguration.CertificateFiles in
    let folder = NSTemporaryDirectory() + "connections-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let child = ChildProcess()
    child.executableURL = URL(filePath: "/usr/bin/openssl")
    child.arguments =
        ("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost "
        + "-addext subjectAltName=DNS:localhost -keyout \(folder)/key.pem -out \(folder)/cert.pem")
        .split(separator: " ").map(String.init)
    child.standardError = ChildPipe()
    try child.run()
    child.waitUntilExit()
    return .init(certificate: "\(folder)/cert.pem", key: "\(folder)/key.pem")
}

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
            while await responder.openStreamCount() == 0 {
                try await Task.sleep(for: .milliseconds(2))
            }
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
