import HTTP2
import HTTPTypes
import TestSupport
import Testing

/// What a hostile client repeats ends its connection with ENHANCE_YOUR_CALM, and costs no more than
/// its bound.
@Suite struct FloodTests {
    private static let calm: UInt32 = 11

    /// Sends frames in pieces of 16 KiB until the session has ended.
    /// - Returns: how many frames were sent, and the last frame of the server.
    private func flood(_ server: TestServer, upTo limit: Int, _ make: (Int) -> [UInt8])
        -> (count: Int, last: RawFrame?)
    {
        var count = 0
        var last: RawFrame?
        while count < limit, !server.session.isFinished {
            var piece: [UInt8] = []
            while piece.count < 16 << 10 {
                piece += make(count)
                count += 1
            }
            server.receive(piece)
            last = server.frames().last ?? last
        }
        return (count, last)
    }

    private func started(_ change: (inout HTTP2Limits) -> Void = { _ in }) -> TestServer {
        let server = TestServer(change)
        server.start([(4, 1 << 20)])
        return server
    }

    @Test(arguments: [
        ("PING", RawFrame(.ping, payload: [1, 2, 3, 4, 5, 6, 7, 8])),
        (
            "PING acknowledged unasked",
            RawFrame(.ping, flags: 1, payload: [1, 2, 3, 4, 5, 6, 7, 8])
        ),
        ("SETTINGS", RawFrame.settings()),
        ("PRIORITY", RawFrame(.priority, stream: 1, payload: [0, 0, 0, 3, 5])),
        ("WINDOW_UPDATE", RawFrame.windowUpdate(0, 1)),
        ("WINDOW_UPDATE of a stream", RawFrame.windowUpdate(1, 1)),
        ("empty DATA", RawFrame(.data, stream: 1)),
        ("RST_STREAM of a closed stream", RawFrame.reset(3)),
    ])
    func `a flood of frames without content is bounded`(_ name: String, _ frame: RawFrame) {
        let server = started()
        server.receive(.request(3), .reset(3), .request(5, flags: RawFrame.endHeaders))
        server.receive(.request(7, flags: RawFrame.endHeaders))
        var frame = frame
        if frame.stream == 1 { frame.stream = 5 }
        let (count, last) = flood(server, upTo: 100_000) { _ in frame.bytes }
        #expect(count < 4000, "\(name)")
        #expect(last?.goAwayCode == Self.calm, "\(name)")
        #expect(server.session.isFinished)
        server.session.close()
        #expect(server.closed[5] != nil)
        #expect(server.closed[7] != nil)
    }

    @Test func `the same frames at a permitted rate go on for ever`() {
        let server = started()
        let ping = RawFrame(.ping, payload: [1, 2, 3, 4, 5, 6, 7, 8])
        for second in 0..<200 {
            server.time = .seconds(second)
            for _ in 0..<90 { server.receive(ping) }
            _ = server.output.takeBytes()
        }
        #expect(!server.session.isFinished)
    }

    @Test func `a client that acknowledges each event with two updates and a ping is no flood`() {
        let server = started()
        server.onRequest = { $0.begin(.ok, [:]) }
        server.receive(.request(1))
        let event = frame(String(repeating: "x", count: 200))
        for _ in 0..<20_000 {
            #expect(server.stream(1)?.send(run([event])) == 200)
            server.receive(
                .windowUpdate(0, 200), .windowUpdate(1, 200),
                RawFrame(.ping, payload: [1, 2, 3, 4, 5, 6, 7, 8]))
            _ = server.output.takeBytes()
        }
        #expect(!server.session.isFinished)
    }

    @Test func `rapid reset is bounded, and no handler runs for it`() {
        let server = started()
        let (count, last) = flood(server, upTo: 100_000) { index in
            let id = Int32(2 * index + 1)
            return RawFrame.request(id).bytes + RawFrame.reset(id).bytes
        }
        #expect(count < 2000)
        #expect(last?.goAwayCode == Self.calm)
        // A request whose reset came in the next read.
        #expect(server.requests.count < 50)
    }

    @Test func `making the server reset streams is bounded as well`() {
        let server = started()
        var count = 0
        while count < 2000, !server.session.isFinished {
            server.receive(
                .request(Int32(2 * count + 1), RawFrame.get + [("connection", "close")]))
            count += 1
        }
        #expect(count < 600)
        #expect(server.frames().last?.goAwayCode == Self.calm)
        #expect(server.requests.isEmpty)
    }

    @Test func `streams beyond the limit are bounded as well, for a client that does not read`() {
        let server = TestServer()
        // Without the acknowledgement of SETTINGS, each is only refused.
        server.receive(RawFrame.preface + RawFrame.settings().bytes)
        _ = server.output.takeBytes()
        server.output.room = 0
        var count = 0
        while count < 100_000, !server.session.isFinished {
            server.receive(
                (0..<100).flatMap { RawFrame.request(Int32(2 * (count + $0) + 1)).bytes })
            count += 100
            if count == 10_000 { server.output.room = .max }
        }
        #expect(count <= 10_100)
        #expect(server.frames().last?.goAwayCode == Self.calm)
        #expect(server.requests.count == 100)
    }

    @Test func `resets that the server wants itself do not count`() {
        let server = TestServer { $0.resets.burst = 5 }
        server.start()
        server.onRequest = { $0.reset(code: 8) }
        for index in 0..<100 { server.receive(.request(Int32(2 * index + 1))) }
        #expect(server.closed.count == 100)
        #expect(!server.session.isFinished)
    }

    @Test func `CONTINUATION without end is bounded`() {
        let server = started()
        server.receive(.request(1, flags: 0))
        let (count, last) = flood(server, upTo: 100_000) { _ in
            RawFrame(.continuation, stream: 1).bytes
        }
        #expect(count < 4000)
        #expect(last?.goAwayCode == Self.calm)
        #expect(server.requests.isEmpty)
    }

    @Test func `a small block that decodes to a huge header section is bounded`() {
        let server = started()
        // One entry of 4,000 bytes enters the table and is then referred to 16,000 times.
        let value = [UInt8](repeating: 0x61, count: 3900)
        let entry: [UInt8] = [0x40] + literal(Array("bomb".utf8)) + literal(value)
        let block = hpack(RawFrame.get) + entry + [UInt8](repeating: 0x80 | 62, count: 11_000)
        server.receive(
            RawFrame(
                .headers, flags: RawFrame.endHeaders | RawFrame.endStream, stream: 1,
                payload: block))
        #expect(server.requests.isEmpty)
        #expect(server.frames().map(\.kind) == [.reset])
        #expect(!server.session.isFinished)
        // The table has stayed as large as it was announced.
        server.receive(.request(3))
        #expect(server.requests.count == 1)
        let (count, last) = flood(server, upTo: 10_000) { index in
            RawFrame(
                .headers, flags: RawFrame.endHeaders | RawFrame.endStream,
                stream: Int32(2 * index + 5), payload: [UInt8](repeating: 0x80 | 62, count: 11_000)
            ).bytes
        }
        #expect(count < 1000)
        #expect(last?.goAwayCode == Self.calm)
    }

    @Test func `a table that is larger than announced ends the connection`() {
        let server = started()
        // Dynamic table size update to 8192 (RFC 7541 §6.3).
        server.receive(
            RawFrame(
                .headers, flags: RawFrame.endHeaders | RawFrame.endStream, stream: 1,
                payload: [0x3F, 0xE1, 0x3F] + hpack(RawFrame.get)))
        #expect(server.frames().last?.goAwayCode == 9, "COMPRESSION_ERROR")
        #expect(server.session.isFinished)
    }

    @Test func `acknowledgements for a client that does not read are bounded`() {
        let server = TestServer { $0.controlFrames = .init(burst: 1 << 29, perSecond: 0) }
        server.start()
        server.output.room = 0
        let ping = RawFrame(.ping, payload: [1, 2, 3, 4, 5, 6, 7, 8]).bytes
        for _ in 0..<300 where !server.session.isFinished {
            server.receive((0..<900).flatMap { _ in ping })
            #expect(server.session.preparedCount < 80 << 10)
        }
        server.output.room = .max
        server.session.flush()
        #expect(server.session.isFinished)
        #expect(server.frames().last?.goAwayCode == Self.calm)
    }

    @Test func `responses for a client that does not read stay references to their bodies`() {
        let server = started()
        let body = [UInt8](repeating: 0, count: 1 << 20)
        server.onRequest = { $0.respond(.ok, [:], body: body) }
        server.output.room = 0
        for index in 0..<100 { server.receive(.request(Int32(2 * index + 1))) }
        #expect(server.session.preparedCount < 80 << 10)
        #expect(server.session.oldestBlockedWrite == .zero)
        #expect(server.session.streams(blockedSince: .zero).count == 100)
    }

    @Test func `a frame that is larger than allowed ends the connection`() {
        let server = started()
        server.receive([0, 0x40, 1, 0, 0, 0, 0, 0, 1])
        #expect(server.frames().last?.goAwayCode == 6, "FRAME_SIZE_ERROR")
        #expect(server.session.isFinished)
    }

    @Test func `frames of unknown types are ignored`() {
        let server = started()
        let unknown: [UInt8] = [0, 0, 3, 0xEE, 0xFF, 0, 0, 0, 0, 1, 2, 3]
        server.receive((0..<5000).flatMap { _ in unknown })
        server.receive(.request(1))
        #expect(server.requests.count == 1)
        #expect(!server.session.isFinished)
    }
}
