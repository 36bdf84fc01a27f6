import HTTPServer
import HTTPTypes
import TestSupport
import Testing

@testable import Gateway

/// How the requests of a test travel.
enum Way: CaseIterable {
    /// Over a socket.
    case live
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
    /// Each test runs over a socket and without one.
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

    /// Subscribes, and reads up to the end of the first block.
    func listen(_ target: String = "/events", _ fields: [String: String] = [:]) async throws
        -> EventReader
    {
        guard Way.current == .memory else {
            return try await EventReader(address, target, fields: fields)
        }
        let output = await handle(
            "GET", target, fields: fields.merging(["Accept": "text/event-stream"]) { $1 },
            body: nil)
        return try await EventReader(output)
    }
}
