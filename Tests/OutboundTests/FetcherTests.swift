import Addresses
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Outbound

private let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

private func request(
    _ address: String, connectsOnly: Bool = false,
    admits: @escaping @Sendable (SocketAddress) -> Bool = { _ in true }
) throws -> FetchRequest {
    FetchRequest(
        url: "http://remote.invalid:1/path", address: try #require(SocketAddress(address)),
        admits: admits, connectsOnly: connectsOnly, userAgent: "test",
        connectTimeout: .seconds(5), timeout: .seconds(20), headLimit: 64 << 10,
        bodyLimit: 1 << 10)
}

/// Waits until a condition holds; fails after ten seconds.
private func wait(until condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while !condition() {
        try #require(ContinuousClock.now < deadline)
        try await Task.sleep(for: .milliseconds(2))
    }
}

@Suite struct FetcherTests {
    @Test func `a response comes over from the address that is named, not from the host`()
        async throws
    {
        let server = try ScriptedServer([.close(hello)])
        let fetcher = Fetcher(on: try OutboundLoop(), connections: 1)
        let response = try await fetcher.fetch(request(server.address))
        #expect(response.status == 200)
        #expect(response.body == Array("hello".utf8))
        let head = try #require(server.heads.first)
        #expect(head.hasPrefix("GET /path HTTP/1.1\r\nHost: remote.invalid:1\r\n"))
        #expect(head.contains("User-Agent: test\r\n"))
    }

    @Test func `an address that is refused is never connected to`() async throws {
        let server = try ScriptedServer([.close(hello)])
        let address = try #require(SocketAddress(server.address))
        let fetcher = Fetcher(on: try OutboundLoop(), connections: 1)
        for connectsOnly in [true, false] {
            await #expect(throws: FetchError.forbidden(address)) {
                try await fetcher.fetch(
                    request(server.address, connectsOnly: connectsOnly) { _ in false })
            }
        }
        // The script's one answer is still there.
        #expect(try await fetcher.fetch(request(server.address)).status == 200)
        #expect(server.heads.count == 1)
    }

    @Test func `a request on a connection that is used again is judged again`() async throws {
        let server = try await HelloServer()
        let address = try #require(SocketAddress(server.address))
        let fetcher = Fetcher(on: try OutboundLoop(), connections: 1)
        _ = try await fetcher.fetch(request(server.address))
        await #expect(throws: FetchError.forbidden(address)) {
            try await fetcher.fetch(request(server.address) { _ in false })
        }
        _ = try await fetcher.fetch(request(server.address))
        let judged = Mutex(0)
        _ = try await fetcher.fetch(
            request(server.address) { _ in
                judged.withLock { $0 += 1 }
                return true
            })
        // Once, for the request: there was no new socket to be judged.
        #expect(judged.withLock { $0 } == 1)
        withExtendedLifetime(server) {}
    }

    @Test func `a proxy of the environment is not asked`() async {
        await #expect(processExitsWith: .success) {
            for name in ["http_proxy", "all_proxy", "ALL_PROXY"] {
                setenv(name, "http://127.0.0.1:1", 1)
            }
            let server = try ScriptedServer([.close(hello)])
            let fetcher = Fetcher(on: try OutboundLoop(), connections: 1)
            let response = try await fetcher.fetch(request(server.address))
            try #require(response.status == 200)
            withExtendedLifetime(server) {}
        }
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel"])
    func `the transfer of a cancelled task ends, and its connection`(_ text: String) async throws {
        let server = try ScriptedServer([.hold(text)])
        let fetcher = Fetcher(on: try OutboundLoop(), connections: 1)
        let task = Task { try await fetcher.fetch(request(server.address)) }
        try await wait { server.heads.count == 1 }
        task.cancel()
        await #expect(throws: FetchError.cancelled) { try await task.value }
        try await wait { server.gone == 1 }
        // The fetcher goes on; a task that is cancelled before begins nothing.
        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await fetcher.fetch(request(server.address))
        }
        await #expect(throws: FetchError.cancelled) { try await early.value }
    }

    @Test func `connections that are kept end with close, or with the fetcher`() async throws {
        let server = try ScriptedServer([.hold(hello), .hold(hello)])
        let loop = try OutboundLoop()
        var fetcher: Fetcher? = Fetcher(on: loop, connections: 1)
        _ = try await fetcher?.fetch(request(server.address))
        await fetcher?.close()
        try await wait { server.gone == 1 }
        let closed = try #require(fetcher)
        await #expect(throws: FetchError.cancelled) {
            try await closed.fetch(request(server.address))
        }
        fetcher = Fetcher(on: loop, connections: 1)
        _ = try await fetcher?.fetch(request(server.address))
        fetcher = nil
        try await wait { server.gone == 2 }
    }

    @Test func `a head is bounded, in many fields or in one`() async throws {
        let fields = String(repeating: "X: \(String(repeating: "x", count: 1000))\r\n", count: 80)
        let long = "X: " + String(repeating: "x", count: 300_000)
        let hints = String(repeating: "HTTP/1.1 103 Early\r\nX: y\r\n\r\n", count: 3000)
        let server = try ScriptedServer(
            [hints, "HTTP/1.1 200 OK\r\n" + fields, "HTTP/1.1 200 OK\r\n" + long].map {
                .hold($0)
            })
        let fetcher = Fetcher(on: try OutboundLoop(), connections: 1)
        for _ in 0..<3 {
            await #expect(throws: FetchError.headTooLarge) {
                try await fetcher.fetch(request(server.address))
            }
        }
        withExtendedLifetime(server) {}
    }

    @Test func `a body is bounded, and that of a refusal is not read`() async throws {
        let body = String(repeating: "x", count: 1025)
        let server = try ScriptedServer([
            .hold("HTTP/1.1 200 OK\r\n\r\n\(body)"),
            .hold("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n\r\n\(body)"),
            .hold("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\n\r\n\(body)"),
        ])
        let fetcher = Fetcher(on: try OutboundLoop(), connections: 1)
        await #expect(throws: FetchError.bodyTooLarge) {
            try await fetcher.fetch(request(server.address))
        }
        let busy = try await fetcher.fetch(request(server.address))
        #expect(busy.status == 503)
        #expect(busy.retryAfter == "7")
        #expect(busy.body.isEmpty)
        let redirect = try await fetcher.fetch(request(server.address))
        #expect(redirect.location == "http://127.0.0.1:1/")
        withExtendedLifetime(server) {}
    }
}

@Suite struct FetcherTLSTests {
    @Test func `a certificate must be of the host and of an authority that is known`()
        async throws
    {
        let server = try await HelloServer(certificateFor: "remote.example")
        let fetcher = Fetcher(on: try OutboundLoop(), connections: 1)
        var request = try request(server.address)
        request.url = "https://remote.example/"
        #expect(await reason(request, fetcher).contains("self-signed certificate"))
        request.authorities = server.certificate
        #expect(try await fetcher.fetch(request).body == Array("hello".utf8))
        request.url = "https://other.example/"
        #expect(await reason(request, fetcher).contains("other.example"))
        withExtendedLifetime(server) {}
    }

    /// Why a request fails.
    private func reason(_ request: FetchRequest, _ fetcher: Fetcher) async -> String {
        do {
            return "\(try await fetcher.fetch(request))"
        } catch { return RemoteGateway.reason(error) }
    }
}
