import HTTP2
import HTTPTypes
import TestSupport
import Testing

@Suite struct BodyTests {
    @Test func `a handler that takes nothing makes its client wait, and no other`() {
        let (server, client) = (TestServer(), HTTP2Client())
        let sent = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let slow = client.request("/slow", method: "POST", body: sent)
        let quick = client.request("/quick", method: "POST", body: sent)
        var received: [UInt8] = []
        server.onBody = { stream in
            if stream.id == quick { received += stream.takeBody() }
        }
        client.exchange(with: server)
        #expect(received == sent)
        #expect(server.stream(quick)?.isBodyComplete == true)
        let stream = server.stream(slow)
        #expect(stream?.bufferedBodyCount == 64 << 10)
        #expect(stream?.isBodyComplete == false)
        var late: [UInt8] = []
        server.onBody = { late += $0.takeBody() }
        late += stream?.takeBody() ?? []
        server.session.flush()
        client.exchange(with: server)
        #expect(late == sent)
        #expect(stream?.isBodyComplete == true)
    }

    @Test func `all handlers together hold no more than the window of the connection`() {
        let server = TestServer { $0.connectionWindow = 100_000 }
        let client = HTTP2Client()
        let body = [UInt8](repeating: 1, count: 60_000)
        let ids = (0..<3).map { _ in client.request("/", method: "POST", body: body) }
        client.exchange(with: server)
        #expect(ids.compactMap { server.stream($0)?.bufferedBodyCount }.reduce(0, +) == 100_000)
        // A stream that is reset gives its part back.
        client.reset(ids[0])
        client.reset(ids[1])
        client.exchange(with: server)
        #expect(server.stream(ids[2])?.bufferedBodyCount == 60_000)
    }

    @Test func `trailers of a request arrive with the end of its body`() {
        let server = TestServer()
        server.start()
        server.receive(.request(1, flags: RawFrame.endHeaders))
        server.receive(RawFrame(.data, stream: 1, payload: [1, 2, 3]))
        #expect(server.stream(1)?.isBodyComplete == false)
        server.receive(.request(1, [("checksum", "6")]))
        #expect(server.stream(1)?.trailers?[.named("checksum")] == "6")
        #expect(server.stream(1)?.takeBody() == [1, 2, 3])
        #expect(server.stream(1)?.isBodyComplete == true)
    }

    @Test func `trailers with a pseudo-header field reset the stream`() {
        let server = TestServer()
        server.start()
        server.receive(.request(1, flags: RawFrame.endHeaders))
        server.receive(.request(1, [(":path", "/")]))
        #expect(server.frames().map(\.kind) == [.reset])
        #expect(server.closed[1] == 1)
    }

    @Test(arguments: [[1], [1, 2, 3, 4]] as [[UInt8]])
    func `a body of another length than announced resets the stream`(_ body: [UInt8]) {
        let server = TestServer()
        server.start()
        server.receive(
            .request(1, RawFrame.get + [("content-length", "3")], flags: RawFrame.endHeaders))
        server.receive(RawFrame(.data, flags: RawFrame.endStream, stream: 1, payload: body))
        let frames = server.frames()
        #expect(frames.contains { $0.kind == .reset && $0.number == 1 })
        #expect(server.closed[1] == 1)
    }

    @Test func `a client that waits for status 100 gets it`() throws {
        let (server, client) = (TestServer(), HTTP2Client())
        server.onRequest = { $0.sendContinue() }
        let id = client.request(
            "/", method: "POST", fields: [("expect", "100-continue")], body: [1, 2])
        client.exchange(with: server)
        #expect(try server.requests[0].request.get().expectsContinue)
        server.stream(id)?.respond(.ok, [:], body: [9])
        client.exchange(with: server)
        #expect(client.responses[id]?.statuses == ["100", "200"])
        #expect(client.responses[id]?.body == [9])
    }

    @Test func `a response before the end of the request tells the client to stop, after a time`() {
        let server = TestServer()
        server.start()
        server.onRequest = { $0.respond(.contentTooLarge, [:], body: [1]) }
        server.receive(.request(1, flags: RawFrame.endHeaders))
        let frames = server.frames()
        #expect(frames.map(\.kind) == [.headers, .data])
        #expect(frames[1].flags == RawFrame.endStream)
        #expect(server.session.oldestDrain == .zero)
        // What is still on its way is discarded, and the client may not send more of it.
        let piece = RawFrame(.data, stream: 1, payload: [UInt8](repeating: 0, count: 16000))
        for _ in 0..<4 { server.receive(piece) }
        #expect(server.frames().allSatisfy { $0.stream != 1 })
        #expect(server.stream(1)?.bufferedBodyCount == 0)
        server.session.endDrains(since: .milliseconds(-1))
        server.session.flush()
        #expect(server.frames().isEmpty && server.closed.isEmpty, "it is not time yet")
        server.session.endDrains(since: .zero)
        server.session.flush()
        let end = server.frames()
        #expect(end.map(\.kind) == [.reset])
        #expect(end.first?.number == 0, "NO_ERROR")
        #expect(server.closed[1] == 0)
        #expect(server.session.oldestDrain == nil)
        for _ in 0..<100 { server.receive(piece) }
        #expect(server.frames().contains { $0.kind == .windowUpdate && $0.stream == 0 })
        #expect(!server.session.isFinished)
    }

    @Test func `a client that ends its body after the response is not reset`() {
        let server = TestServer()
        server.start()
        server.onRequest = { $0.respond(.contentTooLarge, [:], body: [1]) }
        server.receive(.request(1, flags: RawFrame.endHeaders))
        _ = server.frames()
        server.receive(
            RawFrame(.data, stream: 1, payload: [1, 2, 3]),
            RawFrame(.data, flags: RawFrame.endStream, stream: 1, payload: [4]))
        #expect(server.closed[1] == 0)
        #expect(server.session.oldestDrain == nil)
        server.session.endDrains(since: .seconds(100))
        server.session.flush()
        #expect(server.frames().allSatisfy { $0.kind != .reset })
        #expect(!server.session.isFinished)
    }

    @Test func `what waits for a handler is given back when the response is complete`() {
        let server = TestServer { $0.connectionWindow = 100_000 }
        server.start()
        server.receive(.request(1, flags: RawFrame.endHeaders))
        let piece = RawFrame(.data, stream: 1, payload: [UInt8](repeating: 0, count: 16000))
        for _ in 0..<4 { server.receive(piece) }
        #expect(server.stream(1)?.bufferedBodyCount == 64_000)
        _ = server.frames()
        server.stream(1)?.respond(.ok, [:])
        server.session.flush()
        #expect(server.stream(1)?.bufferedBodyCount == 0)
        let updates = server.frames().filter { $0.kind == .windowUpdate }
        #expect(updates.map(\.stream) == [0] && updates.first?.number == 64_000)
    }

    @Test func `DATA beyond the window ends the connection`() {
        let server = TestServer()
        server.start()
        server.receive(.request(1, flags: RawFrame.endHeaders))
        for _ in 0..<5 {
            server.receive(
                RawFrame(.data, stream: 1, payload: [UInt8](repeating: 0, count: 16384)))
        }
        let last = server.frames().last
        #expect(last?.kind == .reset || last?.kind == .goAway)
        #expect(server.closed[1] == 3 || last?.goAwayCode == 3, "FLOW_CONTROL_ERROR")
    }
}
