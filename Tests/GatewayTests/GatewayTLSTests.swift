import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// A gateway over TLS, with clients that others wrote.
@Suite struct GatewayTLSTests {
    private func withTLS(
        _ body: (_ url: String, _ trust: [String], TestGateway, SelfSigned) async throws -> Void
    ) async throws {
        let files = try SelfSigned()
        let settings = ["tls.certificate": files.certificate, "tls.key": files.key]
        try await TestGateway.run(settings) { gateway in
            #expect(gateway.server.isSecure)
            let port = gateway.address.split(separator: ":")[1]
            try await body(
                "https://localhost:\(port)", ["--cacert", files.certificate], gateway, files)
        }
    }

    @Test(arguments: ["--http1.1", "--http2"])
    func `an operation is heard on a stream`(version: String) async throws {
        try await withTLS { url, trust, gateway, _ in
            let name = "r\(version.count)"
            async let heard = Curl(
                trust + [version, "-N", "--max-time", "3", "\(url)/events?types=RECORD_PUSHED"])
            try await until {
                let first = await gateway.server.loops[0].subscriberCount()
                return await first + gateway.server.loops[1].subscriberCount() > 0
            }
            let pushed = try await Curl(
                trust + [
                    version, "-w", " %{http_code} %{http_version}", "-H",
                    "Content-Type: application/json", "-d", record(name), "\(url)/push",
                ])
            #expect(pushed.text.hasSuffix(version == "--http2" ? " 201 2" : " 201 1.1"))
            #expect(try await heard.text.contains("event: RECORD_PUSHED"))
        }
    }

    @Test func `new certificates are used without an end of what is open`() async throws {
        try await withTLS { url, trust, gateway, files in
            let other = try SelfSigned()
            for (from, to) in [(other.certificate, files.certificate), (other.key, files.key)] {
                try FileManager.default.removeItem(atPath: to)
                try FileManager.default.copyItem(atPath: from, toPath: to)
            }
            try gateway.server.reload(
                try Settings(SettingsReader(file: nil, flags: [:], environment: [:])))
            let answer = try await Curl(["--cacert", other.certificate, "\(url)/healthz"])
            #expect(answer.text.contains("ok"))
            // A pair that does not fit is refused, and what was there stays in use.
            try Data("nothing".utf8).write(to: URL(filePath: files.key))
            #expect(throws: (any Error).self) {
                try gateway.server.reload(
                    try Settings(SettingsReader(file: nil, flags: [:], environment: [:])))
            }
            let again = try await Curl(["--cacert", other.certificate, "\(url)/healthz"])
            #expect(again.text.contains("ok"))
        }
    }

    @Test func `a client in the clear reads why it is refused`() async throws {
        try await withTLS { url, _, _, _ in
            let answer = try await Curl(
                ["-w", " %{http_code}", url.replacing("https", with: "http") + "/healthz"])
            #expect(answer.text.contains("Use https") && answer.text.hasSuffix(" 400"))
        }
    }
}
