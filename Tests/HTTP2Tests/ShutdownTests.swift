import Frames
import HTTP2
import HTTPTypes
import TestSupport
import Testing

@Suite struct ShutdownTests {
    @Test func `a shutdown lets open streams end and is then finished`() {
        let server = TestServer()
        server.start()
        server.onRequest = { $0.begin(.ok, [:]) }
        server.receive(.request(1))
        _ = server.output.takeBytes()
        server.session.announceShutdown()
        server.session.flush()
        var frames = server.frames()
        #expect(frames.map(\.kind) == [.goAway])
        #expect(frames[0].number == 0x7FFF_FFFF)
        #expect(frames[0].goAwayCode == 0)
        // This one was on its way.
        server.receive(.request(3))
        #expect(server.requests.count == 2)
        _ = server.output.takeBytes()
        server.session.refuseStreams()
        server.session.flush()
        frames = server.frames()
        #expect(frames.map(\.kind) == [.goAway])
        #expect(frames[0].number == 3)
        server.receive(.request(5))
        #expect(server.requests.count == 2)
        #expect(!server.session.isFinished)
        #expect(server.stream(1)?.send(run([frame("goodbye")])) == 7)
        server.stream(1)?.finish()
        server.session.flush()
        #expect(!server.session.isFinished)
        server.stream(3)?.finish()
        server.session.flush()
        #expect(server.session.isFinished)
        #expect(server.closed == [1: 0, 3: 0])
    }

    @Test func `a shutdown without streams is finished at once`() {
        let server = TestServer()
        server.start()
        server.session.announceShutdown()
        server.session.refuseStreams()
        #expect(!server.session.isFinished)
        server.session.flush()
        #expect(server.session.isFinished)
    }

    @Test func `a session is not finished before its last byte was taken`() {
        let server = TestServer()
        server.start()
        server.output.room = 0
        server.session.terminate(code: 0)
        server.session.flush()
        #expect(!server.session.isFinished)
        server.output.room = .max
        server.session.flush()
        #expect(server.session.isFinished)
    }

    @Test func `a client that goes away may finish its streams`() {
        let server = TestServer()
        server.start()
        server.onRequest = { $0.begin(.ok, [:]) }
        server.receive(.request(1))
        server.receive(RawFrame(.goAway, payload: [0, 0, 0, 0, 0, 0, 0, 0]))
        #expect(!server.session.isFinished)
        server.stream(1)?.finish()
        server.session.flush()
        #expect(server.session.isFinished)
    }

    @Test func `a ping is reported when it was acknowledged, with its payload`() {
        let (server, client) = (TestServer(), HTTP2Client())
        client.exchange(with: server)
        server.session.ping(0x0102_0304_0506_0708)
        server.session.flush()
        #expect(server.pongs.isEmpty)
        client.exchange(with: server)
        #expect(server.pongs == [0x0102_0304_0506_0708])
    }

    @Test func `pings of the client are acknowledged`() {
        let server = TestServer()
        server.start()
        server.receive(RawFrame(.ping, payload: [1, 2, 3, 4, 5, 6, 7, 8]))
        let frames = server.frames()
        #expect(frames == [RawFrame(.ping, flags: 1, payload: [1, 2, 3, 4, 5, 6, 7, 8])])
    }

    @Test func `the owner is called once for each flush that is due`() {
        let server = TestServer()
        server.start()
        server.onRequest = { $0.begin(.ok, [:]) }
        server.receive(.request(1))
        #expect(server.flushCalls == 0)
        server.stream(1)?.write([1])
        server.stream(1)?.write([2])
        server.session.ping(1)
        #expect(server.flushCalls == 1)
        server.session.flush()
        server.stream(1)?.write([3])
        #expect(server.flushCalls == 2)
    }
}
