import Frames
import HTTP2
import HTTPTypes
import TestSupport
import Testing

@Suite struct ResetTests {
    @Test func `a reset of the client is reported with its code in every state`() {
        let states: [(HTTP2Stream) -> Void] = [
            { _ in }, { $0.sendContinue() }, { $0.begin(.ok, [:]) },
            {
                $0.begin(.ok, [:]); $0.write([1, 2, 3])
            },
            {
                $0.begin(.ok, [:]); $0.write([UInt8](repeating: 0, count: 100_000))
            },
            { $0.respond(.ok, [:], body: [UInt8](repeating: 0, count: 100_000)) },
            {
                $0.begin(.ok, [:]); $0.write([UInt8](repeating: 0, count: 100_000)); $0.finish()
            },
            {
                $0.begin(.ok, [:]); _ = $0.send(run([frame("abc")]))
            },
        ]
        for (index, prepare) in states.enumerated() {
            for flags in [RawFrame.endHeaders, RawFrame.endHeaders | RawFrame.endStream] {
                let server = TestServer()
                server.start()
                server.onRequest = prepare
                server.receive(.request(1, flags: flags))
                server.receive(.reset(1, code: 8))
                #expect(server.closed == [1: 8], "state \(index)")
                #expect(server.session.streamCount == 0)
                let stream = server.stream(1)
                #expect(stream?.isClosed == true)
                // Nothing that is done with it afterwards has an effect.
                stream?.write([1])
                stream?.respond(.ok, [:], body: [1])
                stream?.finish()
                stream?.reset(code: 2)
                #expect(stream?.send(run([frame("a")])) == 0)
                #expect(stream?.takeBody() == [])
                _ = server.frames()
                server.receive(.request(3))
                #expect(server.requests.count == 2)
            }
        }
    }

    @Test func `a reset of the server ends the stream once`() {
        let server = TestServer()
        server.start()
        server.onRequest = { $0.begin(.ok, [:]) }
        server.receive(.request(1))
        server.stream(1)?.write([UInt8](repeating: 0, count: 100_000))
        server.session.flush()
        _ = server.output.takeBytes()
        server.stream(1)?.reset(code: 2)
        server.stream(1)?.reset(code: 3)
        server.session.flush()
        let frames = server.frames()
        #expect(frames.map(\.kind) == [.reset])
        #expect(frames[0].number == 2)
        #expect(server.closed == [1: 2])
    }

    @Test func `requests that are reset in the same input never reach a handler`() {
        let server = TestServer()
        server.start()
        let input = (0..<50).flatMap { index in
            let id = Int32(2 * index + 1)
            return RawFrame.request(id).bytes + RawFrame.reset(id).bytes
        }
        server.receive(input + RawFrame.request(101).bytes)
        #expect(server.requests.map(\.stream.id) == [101])
        #expect(server.closed.isEmpty)
        #expect(server.bodyCalls == 0)
    }

    @Test func `bytes after an error of the connection are not read`() {
        let server = TestServer()
        server.start()
        server.receive(
            RawFrame.windowUpdate(0, 0).bytes + RawFrame.request(1).bytes)
        #expect(server.frames().last?.kind == .goAway)
        #expect(server.requests.isEmpty)
        #expect(server.session.isFinished)
    }

    @Test func `what is not HTTP/2 ends the session`() {
        for text in ["GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"] {
            let server = TestServer()
            server.receive(Array(text.utf8))
            #expect(server.session.isFinished)
            #expect(server.frames().last?.kind == .goAway)
        }
    }

    @Test func `closing reports every stream, also from inside a delegate`() {
        let server = TestServer()
        server.start()
        server.onRequest = { if $0.id == 3 { server.session.close() } }
        server.receive(.request(1), .request(3), .request(5))
        #expect(server.requests.map(\.stream.id) == [1, 3])
        #expect(server.closed[1] == 8)
        #expect(server.closed[3] == 8)
        #expect(server.session.isFinished)
        server.receive(.request(7))
        #expect(server.requests.count == 2)
    }
}
