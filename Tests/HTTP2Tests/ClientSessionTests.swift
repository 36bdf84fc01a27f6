import HTTP2
import HTTPTypes
import TestSupport
import Testing

/// A client's session with delegates that record.
private final class TestClient: HTTP2ClientSessionDelegate, HTTP2ClientStreamDelegate {
    let output = ArrayOutput()
    private(set) var session: HTTP2ClientSession!
    var readyCount = 0
    var goAways: [UInt32] = []
    var pongs = 0
    var bodies: [Int32: [UInt8]] = [:]
    /// Whether what arrives is taken and returned to the window.
    var takes = true

    init(_ windows: HTTP2ClientSession.Windows = .init()) {
        session = HTTP2ClientSession(output: output, windows: windows)
        session.delegate = self
    }

    deinit { session.close() }

    func sessionIsReady(_ session: HTTP2ClientSession) { readyCount += 1 }
    func sessionIsGoingAway(_ session: HTTP2ClientSession, code: UInt32) { goAways.append(code) }
    func sessionReceivedPong(_ session: HTTP2ClientSession) { pongs += 1 }

    func streamChanged(_ stream: HTTP2ClientStream) {
        guard takes else { return }
        let bytes = stream.takeBody()
        bodies[stream.id, default: []] += bytes
        session.consume(bytes.count, of: stream)
    }

    func send(_ path: String, body: [UInt8] = []) -> HTTP2ClientStream? {
        session.send(
            HTTP2ClientRequest(
                scheme: "http", authority: "a", path: path, fields: [.named("te"): "trailers"],
                body: body), delegate: self)
    }

    @discardableResult
    func receive(_ bytes: [UInt8]) -> Bool {
        let isValid = bytes.withUnsafeBytes { session.receive($0) }
        _ = session.flush()
        return isValid
    }

    /// Moves bytes in both directions until there are none.
    func exchange(with server: TestServer) {
        while true {
            _ = session.flush()
            let request = output.takeBytes()
            if !request.isEmpty { server.receive(request) }
            while server.session.flush() == .more {}
            let response = server.output.takeBytes()
            if !response.isEmpty { receive(response) }
            if request.isEmpty, response.isEmpty { return }
        }
    }
}

/// The client's side of HTTP/2, against the server's side.
@Suite struct ClientSessionTests {
    @Test func `a request arrives whole, and its response with its trailers`() throws {
        let (server, client) = (TestServer(), TestClient())
        let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 5) }
        var received: [UInt8] = []
        server.onBody = { stream in
            received += stream.takeBody()
            guard stream.isBodyComplete else { return }
            stream.respond(.ok, [.named("x"): "1"], body: Array("hello".utf8))
        }
        let stream = try #require(client.send("/a", body: body))
        client.exchange(with: server)
        #expect(client.readyCount == 1)
        #expect(received == body)
        #expect(stream.status == 200 && stream.fields[.named("x")] == "1")
        #expect(client.bodies[stream.id] == Array("hello".utf8))
        #expect(stream.hasEnded && stream.closeCode == 0)
        #expect(client.session.streamCount == 0)
        let request = try server.requests[0].request.get()
        #expect(request.fields[.named("te")] == "trailers")
    }

    @Test func `a response that is not taken waits at the server`() throws {
        var windows = HTTP2ClientSession.Windows()
        windows.stream = 70_000
        let (server, client) = (TestServer(), TestClient(windows))
        client.takes = false
        let body = [UInt8](repeating: 7, count: 200_000)
        server.onRequest = { $0.respond(.ok, [:], body: body) }
        let slow = try #require(client.send("/slow"))
        client.exchange(with: server)
        let first = slow.takeBody()
        #expect(first.count == 70_000)
        // Another stream goes on meanwhile.
        client.takes = true
        server.onRequest = { $0.respond(.ok, [:], body: [1]) }
        let quick = try #require(client.send("/quick"))
        client.exchange(with: server)
        #expect(quick.hasEnded && client.bodies[quick.id] == [1])
        #expect(!slow.hasEnded)
        client.session.consume(first.count, of: slow)
        client.exchange(with: server)
        #expect(slow.hasEnded)
        #expect(first.count + (client.bodies[slow.id]?.count ?? 0) == body.count)
    }

    @Test func `a cancelled request ends at the server, and a lost connection ends all`() throws {
        let (server, client) = (TestServer(), TestClient())
        let one = try #require(client.send("/one"))
        let two = try #require(client.send("/two"))
        client.exchange(with: server)
        client.session.cancel(one)
        client.exchange(with: server)
        #expect(server.closed[one.id] == 8)
        #expect(one.closeCode == 8 && two.closeCode == nil)
        client.session.close()
        #expect(two.closeCode == HTTP2ClientStream.connectionLost)
        #expect(client.send("/three") == nil && client.session.isFinished)
    }

    @Test func `a ping is answered, and a server that goes away takes no more requests`() throws {
        let (server, client) = (TestServer(), TestClient())
        let open = try #require(client.send("/open"))
        client.session.ping()
        client.exchange(with: server)
        #expect(client.pongs == 1)
        server.session.refuseStreams()
        client.exchange(with: server)
        #expect(client.goAways == [0] && client.session.isGoingAway)
        #expect(client.send("/late") == nil)
        #expect(open.closeCode == nil, "what was open goes on")
        server.stream(open.id)?.respond(.ok, [:], body: [])
        client.exchange(with: server)
        #expect(open.hasEnded && client.session.isFinished)
    }

    @Test(arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", String(repeating: "x", count: 99)])
    func `a server that does not speak HTTP/2 is never ready`(text: String) {
        let client = TestClient()
        client.receive(Array(text.utf8))
        client.receive(RawFrame.settings([]).bytes)
        #expect(client.readyCount == 0)
    }
}
