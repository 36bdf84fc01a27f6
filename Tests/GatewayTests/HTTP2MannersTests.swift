import Foundation
import TestSupport
import Testing

/// What clients of HTTP/2 can rely on.
@Suite struct HTTP2MannersTests {
    /// Reads the first frame of a connection.
    private func settings(of gateway: TestGateway) async throws -> RawFrame {
        let client = try SocketClient(gateway.address)
        try await client.send(RawFrame.preface + RawFrame.settings().bytes)
        let header = try await client.read(count: 9)
        let length = header.prefix(3).reduce(0) { $0 << 8 | Int($1) }
        let frame = RawFrame.parse(header + (try await client.read(count: length)))
        return try #require(frame.first)
    }

    @Test func `the most streams of a connection are a setting`() async throws {
        try await TestGateway.run(["limits.streams_per_connection": "3"]) { gateway in
            let frame = try await settings(of: gateway)
            #expect(frame.kind == .settings)
            // SETTINGS_MAX_CONCURRENT_STREAMS
            let entries = stride(from: 0, to: frame.payload.count, by: 6).map {
                Array(frame.payload[$0..<$0 + 6])
            }
            #expect(entries.contains([0, 3, 0, 0, 0, 3]))
        }
    }

    /// curl 7.88 takes a reset that follows at once for an error of its own request.
    @Test func `curl gets the response to a POST that is answered before its body is complete`()
        async throws
    {
        let file = NSTemporaryDirectory() + "body-\(UUID().uuidString)"
        try Data(count: 2 << 20).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await TestGateway.run { gateway in
            for round in 0..<60 {
                let answer = try await run(
                    URL(filePath: "/usr/bin/curl"),
                    [
                        "-sS", "--http2-prior-knowledge", "--max-time", "20", "-o", "/dev/null",
                        "-w", "%{http_code}", "-H", "Content-Type: text/plain", "--data-binary",
                        "@\(file)", "http://\(gateway.address)/push",
                    ])
                #expect(answer.status == 0, "round \(round): \(answer.error)")
                #expect(answer.out == "415")
            }
        }
    }
}
