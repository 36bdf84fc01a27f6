import HTTPServer
import TestSupport
import Testing

/// One suite for every `FrameSink`: what owns a stream must not know which one it has.
@Suite(.timeLimit(.minutes(1))) struct FrameSinkTests {
    enum Kind: CaseIterable { case http1, http2 }

    @Test(arguments: Kind.allCases)
    func `frames arrive whole, in order, after the first bytes, up to a complete end`(kind: Kind)
        async throws
    {
        try await withStream(kind) { client, responder in
            // More than a window takes at once.
            let sent = await responder.sendLines(1000)
            let (body, isComplete) = try await client.rest()
            #expect(body == Array("first\n".utf8) + sent)
            #expect(isComplete)
            #expect(await responder.openStreamCount() == 0)
        }
    }

    @Test(arguments: Kind.allCases)
    func `a reader that does not read is sent a bounded part, and gets the rest later`(kind: Kind)
        async throws
    {
        try await withStream(kind, receiveBuffer: 4 << 10) { client, responder in
            let sent = await responder.sendLines(2500)
            let left = try #require(await responder.bytesSent().first)
            #expect(left > 0 && left < sent.count / 2)
            #expect(await responder.openStreamCount() == 1)
            let (body, isComplete) = try await client.rest()
            #expect(body.count == 6 + sent.count && body.suffix(20_000) == sent.suffix(20_000))
            #expect(isComplete)
        }
    }

    @Test(arguments: Kind.allCases)
    func `an aborted stream is not taken for a complete one`(kind: Kind) async throws {
        try await withStream(kind) { client, responder in
            await responder.abortStreams()
            let (_, isComplete) = try await client.rest()
            #expect(!isComplete)
            #expect(await responder.openStreamCount() == 0)
        }
    }

    @Test(arguments: Kind.allCases)
    func `the owner is told that its reader has left`(kind: Kind) async throws {
        try await withStream(kind, receiveBuffer: 4 << 10) { client, responder in
            _ = await responder.sendLines(2500)
            #expect(await responder.closedSenderCount() == 0)
            client.reset()
            try await until { await responder.closedSenderCount() == 1 }
            #expect(await responder.openStreamCount() == 0)
            // What is sent to a stream that has ended goes nowhere, and does no harm.
            #expect(await responder.fillStreams() == 0)
            await responder.finishStreams()
        }
    }

    private func withStream(
        _ kind: Kind, receiveBuffer: Int32? = nil,
        _ body: (StreamReader, TestResponder) async throws -> Void
    ) async throws {
        try await withServer { address, responder in
            let reader = try await StreamReader(kind, address, receiveBuffer: receiveBuffer)
            try await until { await responder.openStreamCount() == 1 }
            try await body(reader, responder)
        }
    }
}

/// A client that has opened `/events`.
private final class StreamReader {
    private enum Client {
        case http1(SocketClient)
        case http2(HTTP2SocketClient, stream: Int32)
    }

    private let client: Client

    init(_ kind: FrameSinkTests.Kind, _ address: String, receiveBuffer: Int32?) async throws {
        switch kind {
        case .http1:
            let socket = try SocketClient(address, receiveBuffer: receiveBuffer)
            try await socket.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await socket.head()
            client = .http1(socket)
        case .http2:
            let connection = try HTTP2SocketClient(address, receiveBuffer: receiveBuffer)
            client = .http2(connection, stream: try await connection.request("/events"))
        }
    }

    /// Reads up to the end of the body.
    /// - Returns: the body, and whether its end is the end of the stream, in the terms of the protocol.
    func rest() async throws -> (body: [UInt8], isComplete: Bool) {
        switch client {
        case .http1(let socket):
            var body: [UInt8] = []
            do {
                while let chunk = try await socket.chunk() { body += chunk }
            } catch {
                return (body, false)
            }
            return (body, true)
        case .http2(let connection, let stream):
            let response = try await connection.response(stream)
            return (response.body, response.closeCode == 0 && response.hasEnded)
        }
    }

    /// Leaves without a word.
    func reset() {
        switch client {
        case .http1(let socket): socket.reset()
        case .http2(let connection, _): connection.socket.reset()
        }
    }
}
