import Frames
import HTTPServer
import TestSupport
import Testing

/// What a client over HTTP/2 has to do in time.
@Suite struct HTTP2DeadlineTests {
    private func get(_ path: String, _ stream: Int32, ends: Bool = true) -> RawFrame {
        .request(
            stream, RawFrame.get.filter { $0.0 != ":path" } + [(":path", path)],
            flags: RawFrame.endHeaders | (ends ? RawFrame.endStream : 0))
    }

    @Test(arguments: [0, 5, 24, 33, 40])
    func `a first request that does not come ends the connection`(_ count: Int) async throws {
        try await withServer({ $0.headerDeadline = .milliseconds(200) }) { address, responder in
            let client = try SocketClient(address)
            let bytes = RawFrame.preface + RawFrame.settings().bytes + get("/", 1).bytes
            try await client.send(Array(bytes.prefix(count)))
            _ = try await client.readToEnd()
            #expect(try await eventually { await responder.connectionCount() == 0 })
        }
    }

    @Test func `a header section that does not end ends the connection`() async throws {
        try await withServer({ $0.headerDeadline = .milliseconds(200) }) { address, responder in
            let client = try await RawClient(address)
            try await client.send(get("/wait", 1))
            try await client.synchronize()
            try await client.socket.send(Array(get("/", 3).bytes.dropLast()))
            #expect(try await client.rest().contains { $0.kind == .goAway })
            #expect(try await eventually { await responder.endings == ["cancelled"] })
        }
    }

    @Test func `each header section has its own time`() async throws {
        try await withServer({ $0.headerDeadline = .seconds(1) }) { address, _ in
            let client = try await RawClient(address)
            try await client.send(get("/wait", 1))
            // There is always one that has begun.
            var begun: [UInt8] = []
            for index in 1...7 {
                let next = get("/text", Int32(2 * index + 1)).bytes
                try await client.socket.send(begun + next.prefix(12))
                begun = Array(next.dropFirst(12))
                // Seven of these are longer than the deadline.
                try await Task.sleep(for: .milliseconds(200))
            }
            try await client.socket.send(begun)
            try await client.synchronize()
        }
    }

    @Test func `an idle connection is ended with GOAWAY`() async throws {
        try await withServer({ $0.keepAliveIdle = .milliseconds(200) }) { address, responder in
            let client = try await RawClient(address)
            try await client.send(get("/text", 1))
            let frames = try await client.rest()
            #expect(frames.last?.kind == .goAway)
            #expect(frames.last?.goAwayCode == 0)
            #expect(try await eventually { await responder.connectionCount() == 0 })
        }
    }

    @Test func `a stream of events has no deadline`() async throws {
        let all: (inout HTTPLimits) -> Void = {
            $0.keepAliveIdle = .milliseconds(100)
            $0.headerDeadline = .milliseconds(100)
            $0.bodyDeadline = .milliseconds(100)
        }
        try await withServer(all) { address, responder in
            // The first bytes do not fit into its window.
            let client = try await RawClient(address, settings: [(4, 0)])
            try await client.send(get("/events", 1))
            try await client.send(.windowUpdate(1, 6))
            _ = try await client.read { $0.kind == .data }
            _ = await responder.fillStreams()
            // Longer than every deadline: that none of them ends the stream has no other sign.
            try await Task.sleep(for: .milliseconds(500))
            try await client.synchronize()
            #expect(await responder.openStreamCount() == 1)
            // Its end has one: what the client does not take.
            await responder.finishStreams()
        }
    }

    @Test func `a body that does not come is refused, and the connection goes on`() async throws {
        try await withServer({ $0.bodyDeadline = .milliseconds(200) }) { address, _ in
            let client = try HTTP2SocketClient(address)
            let raw = try await RawClient(address)
            try await raw.send(get("/echo", 1, ends: false))
            _ = try await raw.read { $0.kind == .reset && $0.stream == 1 && $0.number == 0 }
            try await raw.synchronize()
            #expect(try await client.get("/next").text == "at /next")
        }
    }

    @Test func `a response that is not taken is ended, and the connection goes on`() async throws {
        try await withServer({ $0.bodyDeadline = .milliseconds(200) }) { address, responder in
            let client = try await RawClient(address, settings: [(4, 0)])
            try await client.send(get("/stream", 1), get("/text", 3))
            _ = try await client.read { $0.kind == .reset && $0.number == 8 }
            _ = try await client.read { $0.kind == .reset && $0.number == 8 }
            #expect(try await eventually { await responder.failures.count == 1 })
            if case .timedOut? = await responder.failures.first {
            } else {
                Issue.record("the writer is told that the client is slow")
            }
            try await client.synchronize()
        }
    }

    @Test func `a client that reads nothing at all is disconnected`() async throws {
        try await withServer({ $0.bodyDeadline = .milliseconds(400) }) { address, responder in
            let client = try await RawClient.slow(address)
            try await client.send(
                get("/stream", 1), get("/big", 3), get("/big", 5),
                get("/stream", 7))
            #expect(try await eventually { await responder.connectionCount() == 0 })
            #expect(try await eventually { await responder.failures.count == 2 })
            withExtendedLifetime(client) {}
        }
    }

    @Test func `a flood of a client that reads nothing ends at once`() async throws {
        try await withServer { address, responder in
            let client = try await RawClient.slow(address)
            try await client.send(get("/events", 1))
            try await client.synchronize()
            _ = await responder.fillStreams()
            let ping = RawFrame(.ping, payload: [1, 2, 3, 4, 5, 6, 7, 8]).bytes
            try await client.socket.send((0..<1500).flatMap { _ in ping })
            #expect(try await eventually { await responder.connectionCount() == 0 })
            #expect(await responder.openStreamCount() == 0)
        }
    }
}
