import Frames
import HTTP2
import HTTPTypes
import TestSupport
import Testing

/// Long-lived streams that send shared frames.
@Suite struct FrameStreamTests {
    /// A server with open streams, whose windows are as given.
    private func server(
        streams: Int = 1, window: UInt32 = 1 << 20, _ change: (inout HTTP2Limits) -> Void = { _ in }
    ) -> (TestServer, [HTTP2Stream]) {
        let server = TestServer(change)
        server.start([(4, window)])
        server.receive(.windowUpdate(0, 1 << 24))
        server.onRequest = { $0.begin(.ok, [.contentType: "text/event-stream"]) }
        for index in 0..<streams { server.receive(.request(Int32(2 * index + 1))) }
        _ = server.output.takeBytes()
        return (server, server.requests.map(\.stream))
    }

    @Test func `an event is one write of a header and the shared bytes themselves`() {
        let (server, streams) = server()
        let event = frame("data: hello\n\n")
        let writes = server.output.writeCount
        let address = event.region(.plain).baseAddress
        #expect(streams[0].send(run([event])) == 13)
        #expect(server.output.writeCount == writes + 1)
        #expect(server.output.lastAddresses.count == 2)
        #expect(server.output.lastAddresses.last == address)
        #expect(server.flushCalls == 0)
        #expect(
            server.frames() == [RawFrame(.data, stream: 1, payload: event.bytes(.plain))])
    }

    @Test func `a burst is one write of frames of at most 16 KiB`() {
        let (server, streams) = server()
        let events = (0..<50).map { frame(String(repeating: "\($0 % 10)", count: 1000)) }
        let writes = server.output.writeCount
        #expect(streams[0].send(run(events)) == 50_000)
        #expect(server.output.writeCount == writes + 1)
        let frames = server.frames()
        #expect(frames.map(\.payload.count) == [16384, 16384, 16384, 848])
        #expect(frames.flatMap(\.payload) == events.flatMap { $0.bytes(.plain) })
    }

    @Test func `a frame of which a part was sent goes on in the middle`() {
        let (server, streams) = server()
        #expect(streams[0].send(run([frame("abcdef"), frame("ghi")], skipping: 4)) == 5)
        #expect(server.frames().map(\.payload) == [Array("efghi".utf8)])
    }

    @Test func `streams of a connection share one write`() {
        let (server, streams) = server(streams: 50)
        server.session.isBatching = true
        let event = frame(String(repeating: "x", count: 700))
        let writes = server.output.writeCount
        for stream in streams { #expect(stream.send(run([event])) == 700) }
        #expect(server.output.writeCount == writes)
        #expect(server.flushCalls == 1)
        server.session.flush()
        #expect(server.output.writeCount <= writes + 2)
        let frames = server.frames()
        #expect(frames.map(\.stream) == streams.map(\.id))
        #expect(frames.allSatisfy { $0.payload == event.bytes(.plain) })
    }

    @Test func `what the window of a stream does not take stays with the caller`() {
        let (server, streams) = server(streams: 2, window: 10)
        var drained: [Int32] = []
        server.onWritable = { stream in
            drained.append(stream.id)
            #expect(stream.send(run([frame("klmno")])) == 5)
        }
        #expect(streams[0].send(run([frame("abcdefghijklmno")])) == 10)
        #expect(streams[0].send(run([frame("more")])) == 0)
        // The other stream is not concerned.
        #expect(streams[1].send(run([frame("xyz")])) == 3)
        server.session.flush()
        #expect(server.frames().map(\.payload) == ["abcdefghij", "xyz"].map { Array($0.utf8) })
        #expect(drained.isEmpty)
        server.receive(.windowUpdate(1, 100))
        #expect(drained == [1])
        #expect(server.frames().map(\.payload) == [Array("klmno".utf8)])
        // It has taken all: the next event goes the direct way again.
        #expect(streams[0].send(run([frame("z")])) == 1)
        #expect(server.output.lastAddresses.count == 2)
    }

    @Test func `the window of the connection is shared, and its streams are called in turn`() {
        let server = TestServer()
        server.start([(4, 1 << 20)])
        server.onRequest = { $0.begin(.ok, [:]) }
        server.receive(.request(1), .request(3))
        _ = server.output.takeBytes()
        let big = frame(String(repeating: "x", count: 65_535))
        #expect(server.stream(1)?.send(run([big])) == 65_535)
        #expect(server.stream(3)?.send(run([frame("abc")])) == 0)
        #expect(server.stream(1)?.send(run([frame("abc")])) == 0)
        server.session.flush()
        _ = server.output.takeBytes()
        server.onWritable = { #expect($0.send(run([frame("abc")])) == 3) }
        server.receive(.windowUpdate(0, 6))
        #expect(Set(server.frames().map(\.stream)) == [1, 3])
    }

    @Test func `a frame whose header is out is finished, whatever happens`() {
        for room in 0..<60 {
            let (server, streams) = server()
            server.output.room = room
            let taken = streams[0].send(run([frame(String(repeating: "a", count: 40))]))
            #expect(taken == (room == 0 ? 0 : 40))
            streams[0].reset(code: 8)
            server.session.flush()
            server.output.room = .max
            server.session.flush()
            let frames = server.frames()
            #expect(frames.last?.kind == .reset)
            #expect(
                frames.filter { $0.kind == .data }.map(\.payload.count) == (room == 0 ? [] : [40]))
        }
    }

    @Test func `whatever part of a burst the output takes, no byte is lost or repeated`() {
        let events = (0..<45).map { frame(String(repeating: "\($0 % 10)", count: 1000)) }
        let whole = events.flatMap { $0.bytes(.plain) }
        for room in [1, 8, 9, 10, 16392, 16393, 16394, 16400, 16402, 16403, 30_000, 45_026] {
            let (server, streams) = server()
            server.output.room = room
            let taken = streams[0].send(run(events))
            server.output.room = .max
            // The rest may need more than one turn; each continues where the last has ended.
            var sent = taken
            server.onWritable = { stream in
                let rest = Array(whole.dropFirst(sent))
                if !rest.isEmpty { sent += stream.send(run([Frame(rest)])) }
            }
            server.session.flush()
            #expect(server.frames().flatMap(\.payload) == whole, "room \(room)")
        }
    }

    @Test func `first bytes are sent before frames`() {
        let server = TestServer()
        server.start()
        server.onRequest = { stream in
            stream.begin(.ok, [:])
            stream.write(Array(": hello\n\n".utf8))
            #expect(stream.send(run([frame("data: 1\n\n")])) == 0)
        }
        server.onWritable = { #expect($0.send(run([frame("data: 1\n\n")])) == 9) }
        server.receive(.request(1))
        let data = server.frames().filter { $0.kind == .data }
        #expect(data.flatMap(\.payload) == Array(": hello\n\ndata: 1\n\n".utf8))
    }

    @Test func `a stream of frames ends in good order`() {
        let (server, streams) = server(streams: 2)
        #expect(streams[0].send(run([frame("bye")])) == 3)
        streams[0].finish()
        streams[1].finish(trailers: [.named("grpc-status"): "14"])
        server.session.flush()
        let frames = server.frames()
        #expect(frames[0].payload == Array("bye".utf8))
        #expect(server.closed == [1: 0, 3: 0])
        #expect(frames.last { $0.stream == 1 }?.flags == RawFrame.endStream)
        #expect(frames.last { $0.stream == 3 }?.kind == .headers)
        #expect(streams[0].send(run([frame("late")])) == 0)
    }

    @Test func `windows stay exact when frames and bodies share a connection`() {
        let server = TestServer()
        server.start([(4, 100_000)])
        server.onRequest = { $0.begin(.ok, [:]) }
        server.receive(.request(1), .request(3))
        _ = server.output.takeBytes()
        // 65,535 bytes of the connection: 40,000 by frames, and the body gets the rest.
        #expect(
            server.stream(1)?.send(run([frame(String(repeating: "x", count: 40_000))])) == 40_000)
        server.stream(3)?.write([UInt8](repeating: 0, count: 50_000))
        server.session.flush()
        let sent = server.frames().map(\.payload.count).reduce(0, +)
        #expect(sent == 65_535)
        // A window that grows to the most that RFC 9113 §6.9.1 allows is no error.
        server.receive(.windowUpdate(0, 0x7FFF_FFFF))
        #expect(!server.session.isFinished)
        #expect(server.frames().map(\.payload.count).reduce(0, +) == 90_000 - 65_535)
        server.receive(.windowUpdate(0, 0x7FFF_FFFF))
        #expect(server.frames().last?.goAwayCode == 3, "FLOW_CONTROL_ERROR")
    }

    @Test func `bytes of frames count before the client can fill its window again`() {
        let server = TestServer()
        server.start()
        server.receive(.windowUpdate(0, 0x7FFF_FFFF - 65_535))
        server.onRequest = { $0.begin(.ok, [:]) }
        server.receive(.request(1))
        for _ in 0..<20 {
            let event = frame(String(repeating: "x", count: 1000))
            #expect(server.stream(1)?.send(run([event])) == 1000)
            server.receive(.windowUpdate(0, 1000), .windowUpdate(1, 1000))
        }
        #expect(!server.session.isFinished)
        #expect(!server.frames().contains { $0.kind == .goAway })
    }

    @Test func `a window that shrinks below zero only makes the stream wait`() {
        let (server, streams) = server(window: 1000)
        #expect(streams[0].send(run([frame(String(repeating: "x", count: 900))])) == 900)
        server.receive(.settings([(4, 10)]))
        #expect(streams[0].send(run([frame("abc")])) == 0)
        server.onWritable = { #expect($0.send(run([frame("abc")])) == 3) }
        server.receive(.windowUpdate(1, 889))
        #expect(server.frames().filter { $0.kind == .data }.count == 1)
        server.receive(.windowUpdate(1, 4))
        #expect(server.frames().map(\.payload) == [Array("abc".utf8)])
    }

    @Test func `a dead output closes every stream once`() {
        let (server, streams) = server(streams: 3)
        server.output.isDead = true
        #expect(streams[1].send(run([frame("a")])) == 0)
        #expect(server.closed.count == 3)
        #expect(server.session.isFinished)
        #expect(streams.allSatisfy { $0.isClosed && $0.send(run([frame("a")])) == 0 })
    }

    @Test func `a stream may end while its owner is asked for frames`() {
        for ending in 0..<3 {
            let (server, streams) = server(streams: 2, window: 3)
            server.onWritable = { stream in
                switch ending {
                case 0: stream.reset(code: 8)
                case 1: stream.finish()
                default: server.session.close()
                }
            }
            #expect(streams[0].send(run([frame("abcdef")])) == 3)
            server.receive(.windowUpdate(1, 100))
            #expect(server.closed[1] == (ending == 1 ? 0 : 8))
            #expect(server.closed.count == (ending == 2 ? 2 : 1))
        }
    }
}
