import Frames
import HTTPServer
import TestSupport
import Testing

/// What becomes of requests, streams and memory when a client leaves, stops or misbehaves.
@Suite struct HTTP2PeerTests {
    private static let requestFields = RawFrame.get.filter { $0.0 != ":path" }

    private func get(_ path: String, _ stream: Int32, ends: Bool = true) -> RawFrame {
        .request(
            stream, Self.requestFields + [(":path", path)],
            flags: RawFrame.endHeaders | (ends ? RawFrame.endStream : 0))
    }

    @Test func `a stream that is reset cancels its handler only`() async throws {
        try await withServer { address, responder in
            let client = try await RawClient(address)
            try await client.send(get("/wait", 1), get("/soon", 3))
            try await client.synchronize()
            #expect(await responder.waiting == 2)
            try await client.send(.reset(1))
            #expect(try await eventually { await responder.endings == ["cancelled"] })
            await responder.release()
            _ = try await client.read { $0.kind == .data && $0.stream == 3 }
            #expect(await responder.endings == ["cancelled", "whole"])
        }
    }

    @Test func `a writer that waits for memory goes on when all was sent`() async throws {
        let memory = MemoryBudget(limit: 100_000)
        memory.charge(99_000)
        try await withServer(memory: memory) { address, _ in
            let client = try await RawClient(address)
            try await client.send(get("/small-pieces", 1))
            _ = try await client.read { $0.kind == .data && $0.flags == RawFrame.endStream }
            #expect(memory.peak > 100_000)
            #expect(try await eventually { memory.used < 100_000 })
        }
    }

    @Test func `a body whose stream was reset is not taken for a whole one`() async throws {
        try await withServer { address, responder in
            let client = try await RawClient(address)
            try await client.send(
                get("/late", 1, ends: false),
                RawFrame(.data, flags: RawFrame.endStream, stream: 1, payload: [1, 2, 3]))
            try await client.synchronize()
            try await client.send(.reset(1))
            try await client.synchronize()
            await responder.goOn()
            #expect(try await eventually { await !responder.failures.isEmpty })
            #expect(await responder.endings == [])
        }
    }

    @Test func `a client that has finished sending gets its responses`() async throws {
        try await withServer { address, responder in
            let client = try await RawClient(address)
            try await client.send(get("/later", 1), get("/text", 3))
            client.socket.finishSending()
            let data = try await client.rest().filter { $0.kind == .data }
            #expect(data.filter { $0.stream == 1 }.flatMap(\.payload) == Array("later".utf8))
            #expect(data.filter { $0.stream == 3 }.flatMap(\.payload).count == 10_000)
            #expect(try await eventually { await responder.connectionCount() == 0 })
        }
    }

    @Test func `handlers of a client that has finished sending are cancelled soon`() async throws {
        try await withServer { address, responder in
            let client = try await RawClient(address)
            try await client.send(
                get("/wait", 1), get("/events", 3), get("/echo", 5, ends: false))
            try await client.synchronize()
            client.socket.finishSending()
            let frames = try await client.rest()
            #expect(frames.contains { $0.stream == 1 && $0.payload == Array("cancelled".utf8) })
            #expect(frames.contains { $0.stream == 3 && $0.kind == .reset })
            #expect(await responder.openStreamCount() == 0)
            #expect(try await eventually { await responder.connectionCount() == 0 })
        }
    }

    @Test func `a client that leaves ends its streams and handlers`() async throws {
        try await withServer { address, responder in
            let client = try await RawClient(address)
            try await client.send(get("/events", 1), get("/wait", 3))
            try await client.synchronize()
            client.socket.reset()
            #expect(try await eventually { await responder.endings == ["cancelled"] })
            #expect(try await eventually { await responder.connectionCount() == 0 })
            #expect(await responder.openStreamCount() == 0)
        }
    }

    @Test func `a client that has left is noticed when a stream sends to it`() async throws {
        try await withServer { address, responder in
            let client = try await RawClient(address, settings: [(4, 1 << 20)])
            try await client.send(get("/events", 1), get("/events", 3), .windowUpdate(0, 1 << 20))
            try await client.synchronize()
            client.socket.reset()
            _ = await responder.fillStreams()
            #expect(try await eventually { await responder.connectionCount() == 0 })
            #expect(await responder.openStreamCount() == 0)
        }
    }

    @Test func `a client that sends on and on to a stream of events loses it`() async throws {
        try await withServer { address, responder in
            let client = try await RawClient(address)
            try await client.send(get("/events", 1, ends: false))
            let part = RawFrame(.data, stream: 1, payload: [UInt8](repeating: 0, count: 3000))
            try await client.send(part, part)
            _ = try await client.read { $0.kind == .reset && $0.stream == 1 }
            #expect(await responder.openStreamCount() == 0)
            try await client.synchronize()
        }
    }

    @Test func `a peer is not given up because each of its streams asks once`() async throws {
        try await withServer { address, responder in
            await responder.loseHTTP2Peers()
            let client = try await RawClient(address)
            try await client.send(get("/events", 1), get("/events", 3), get("/events", 5))
            try await client.synchronize()
            await responder.inspectPeers()
            #expect(await responder.openStreamCount() == 3)
            try await client.synchronize()
        }
    }

    @Test func `bodies and responses that wait count against the budget`() async throws {
        let memory = MemoryBudget()
        try await withServer(memory: memory) { address, responder in
            let client = try await RawClient(address, settings: [(4, 0)])
            try await client.send(get("/text", 1), get("/late", 3, ends: false))
            let part = RawFrame(.data, stream: 3, payload: [UInt8](repeating: 0, count: 16000))
            try await client.send(part, part)
            try await client.synchronize()
            #expect(memory.used >= 10_000 + 32_000)
            try await client.send(.reset(1), .reset(3))
            try await client.synchronize()
            await responder.goOn()
            #expect(try await eventually { memory.used == 0 })
        }
    }

    @Test func `what is made for a client that does not read counts against the budget`()
        async throws
    {
        let memory = MemoryBudget()
        try await withServer(memory: memory) { address, responder in
            var client: RawClient? = try await RawClient.slow(address)
            try await client?.send(get("/events", 1))
            try await client?.synchronize()
            _ = await responder.fillStreams()
            #expect(try await eventually { memory.used > 0 })
            client = nil
            #expect(try await eventually { await responder.connectionCount() == 0 })
            #expect(memory.used == 0)
        }
    }

    @Test func `a client that sends before it reads is answered once it reads`() async throws {
        try await withServer { address, responder in
            let client = try await RawClient.slow(address)
            try await client.send(get("/events", 1))
            try await client.synchronize()
            _ = await responder.fillStreams()
            // 99 of them are answered, and the others refused.
            for index in 1...400 { try await client.send(get("/wait", Int32(2 * index + 1))) }
            try await client.synchronize()
            #expect(await responder.waiting == 99)
            #expect(await responder.openStreamCount() == 1)
        }
    }

    @Test func `large headers count against the budget, and are refused beyond it`() async throws {
        let memory = MemoryBudget(limit: 100_000)
        try await withServer(memory: memory) { address, responder in
            let client = try await RawClient(address)
            let fields =
                Self.requestFields + [
                    (":path", "/wait"), ("padding", String(repeating: "x", count: 12_000)),
                ]
            for index in 0..<10 { try await client.send(.request(Int32(2 * index + 1), fields)) }
            try await client.synchronize()
            #expect(await responder.waiting == 8)
            #expect(memory.used > 90_000)
            client.socket.reset()
            #expect(try await eventually { await responder.connectionCount() == 0 })
            #expect(try await eventually { memory.used == 0 })
        }
    }

    @Test func `above a limit of connections one request is answered, and then it ends`()
        async throws
    {
        try await withServer({ $0.connectionsPerAddress = 1 }) { address, responder in
            let first = try await RawClient(address)
            try await first.synchronize()
            let second = try await RawClient(address)
            try await second.send(get("/text", 1), get("/next", 3))
            let frames = try await second.rest()
            let body = frames.filter { $0.kind == .data && $0.stream == 1 }
            #expect(body.flatMap(\.payload).count == 10_000)
            #expect(frames.contains { $0.kind == .reset && $0.stream == 3 && $0.number == 7 })
            #expect(frames.contains { $0.kind == .goAway && $0.goAwayCode == 0 })
            #expect(try await eventually { await responder.connectionCount() == 1 })
            try await first.synchronize()
        }
    }

    @Test func `a response is not lost to a client that still sends`() async throws {
        try await withServer({ $0.connectionsPerAddress = 1 }) { address, responder in
            let first = try await RawClient(address)
            try await first.synchronize()
            let second = try await RawClient(address)
            try await second.send(get("/refuse", 1, ends: false))
            // The response is under way, and so is this.
            for _ in 0..<20 {
                try await second.send(
                    RawFrame(.data, stream: 1, payload: [UInt8](repeating: 0, count: 3000)))
                try await Task.sleep(for: .milliseconds(2))
            }
            let frames = try await second.rest()
            #expect(frames.contains { $0.kind == .data && $0.payload == Array("no".utf8) })
            second.socket.reset()
            #expect(try await eventually { await responder.connectionCount() == 1 })
        }
    }

    @Test func `a shutdown lets requests and streams end`() async throws {
        try await withServer { address, responder in
            let client = try await RawClient(address)
            let idle = try await RawClient(address)
            try await idle.synchronize()
            try await client.send(get("/soon", 1), get("/events", 3))
            try await client.synchronize()
            await responder.drain()
            let goAway = try await client.read { $0.kind == .goAway }
            #expect(goAway.number == 0x7FFF_FFFF)
            #expect(try await idle.rest().last?.goAwayCode == 0)
            #expect(try await eventually { await responder.connectionCount() == 1 })
            await responder.release()
            await responder.finishStreams()
            let rest = try await client.rest()
            #expect(
                rest.contains {
                    $0.kind == .data && $0.stream == 3 && $0.flags == RawFrame.endStream
                })
            #expect(await responder.endings == ["whole"])
            #expect(try await eventually { await responder.connectionCount() == 0 })
        }
    }
}
