import HTTPServer
import HTTPTypes
import TestSupport
import Testing

@testable import Gateway

/// How the requests of a test travel.
enum Way: CaseIterable {
    /// Over a socket.
    case live
    /// Over a socket, as a stream of HTTP/2.
    case http2
    /// Without one: the exchange is a `MemoryExchange`.
    case memory

    @TaskLocal static var current = Way.live
}

/// Runs each test of a suite each way: what a route does must not depend on how its request travels.
struct EachWay: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        for way in Way.allCases { try await Way.$current.withValue(way) { try await function() } }
    }
}

extension Trait where Self == EachWay {
    /// Each test runs over HTTP/1.1, over HTTP/2 and without a socket.
    static var eachWay: EachWay { EachWay() }
}

extension TestGateway {
    /// Sends a request without a socket.
    func handle(_ method: String, _ target: String, fields: [String: String], body: String?) async
        -> MemoryExchange.Output
    {
        var named = HTTPFields()
        if let host = HTTPField.Name("Host") { named[host] = "test" }
        for (name, value) in fields {
            if let name = HTTPField.Name(name) { named[name] = value }
        }
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        let bytes = Array((body ?? "").utf8)
        let head = RequestHead(
            method: HTTPRequest.Method(method) ?? .get, path: parts[0],
            query: parts.count > 1 ? parts[1] : nil, version: .http11, fields: named,
            bodyFraming: bytes.isEmpty ? .none : .length(bytes.count), wantsKeepAlive: true,
            expectsContinue: false)
        return await MemoryExchange.begin(head, body: bytes, on: server.loops[0])
    }

    /// Sends a request over HTTP/2, on a connection of its own.
    func requestHTTP2(
        _ method: String, _ target: String, fields: [String: String], body: String?
    ) async throws -> HTTPAnswer {
        let client = try HTTP2SocketClient(address)
        var named = fields.map { ($0.lowercased(), $1) }
        if let body { named.append(("content-length", "\(body.utf8.count)")) }
        let stream = try await client.request(
            target, method: method, fields: named, body: body.map { Array($0.utf8) })
        return HTTPAnswer(try await client.response(stream))
    }

    /// Subscribes, and reads up to the end of the first block.
    func listen(_ target: String = "/events", _ fields: [String: String] = [:]) async throws
        -> EventReader
    {
        switch Way.current {
        case .live: return try await EventReader(address, target, fields: fields)
        case .http2: return try await EventReader(http2: address, target, fields: fields)
        case .memory: break
        }
        let output = await handle(
            "GET", target, fields: fields.merging(["Accept": "text/event-stream"]) { $1 },
            body: nil)
        return try await EventReader(output)
    }
}
