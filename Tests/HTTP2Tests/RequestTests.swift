import HTTP2
import HTTPTypes
import TestSupport
import Testing

@Suite struct RequestTests {
    @Test func `the server announces its limits and one window for the connection`() {
        let server = TestServer { $0.concurrentStreams = 7 }
        server.session.flush()
        let frames = server.frames()
        let settings = frames[0]
        #expect(settings.kind == .settings)
        // SETTINGS_MAX_CONCURRENT_STREAMS = 7, SETTINGS_NO_RFC7540_PRIORITIES = 1
        #expect(settings.payload.starts(with: [0, 3, 0, 0, 0, 7]))
        #expect(settings.payload.suffix(6) == [0, 9, 0, 0, 0, 1])
        #expect(frames[1].kind == .windowUpdate)
        #expect(frames[1].number == (1 << 20) - 65535)
    }

    @Test func `a request has method, authority, path, query and fields`() throws {
        let (server, client) = (TestServer(), HTTP2Client())
        let id = client.request(
            "/a/b?x=1&y=%20", method: "DELETE", fields: [("accept", "text/html"), ("x", "1")])
        client.exchange(with: server)
        let request = try server.requests[0].request.get()
        #expect(server.requests[0].stream.id == id)
        #expect(request.method == .delete)
        #expect(request.authority == "localhost")
        #expect(request.scheme == "http")
        #expect(request.path == "/a/b")
        #expect(request.query == "x=1&y=%20")
        #expect(request.fields[.accept] == "text/html")
        #expect(request.isComplete)
        #expect(!request.expectsContinue)
    }

    @Test func `a preface that arrives byte by byte is understood`() throws {
        let server = TestServer()
        let bytes = RawFrame.preface + RawFrame.settings().bytes + RawFrame.request(1).bytes
        for byte in bytes { server.receive([byte]) }
        #expect(server.requests.count == 1)
        #expect(try server.requests[0].request.get().path == "/")
    }

    @Test(arguments: [
        ("an upper-case name", [("Accept", "a")]),
        ("connection", [("connection", "close")]),
        ("keep-alive", [("keep-alive", "1")]),
        ("proxy-connection", [("proxy-connection", "keep-alive")]),
        ("transfer-encoding", [("transfer-encoding", "chunked")]),
        ("upgrade", [("upgrade", "websocket")]),
        ("te but for trailers", [("te", "gzip")]),
        ("a NUL in a value", [("a", "b\0c")]),
        ("a line feed in a value", [("a", "b\nc")]),
        ("a carriage return in a value", [("a", "b\rc")]),
        ("a space before a value", [("a", " b")]),
        ("a tab after a value", [("a", "b\t")]),
        ("a space in a name", [("a b", "c")]),
        ("a colon in a name", [("a:b", "c")]),
        ("an unknown pseudo-header field", [(":foo", "c")]),
        ("a pseudo-header field after a field", [("a", "b"), (":method", "GET")]),
        ("two content-lengths", [("content-length", "0"), ("content-length", "0")]),
        ("a content-length that is no number", [("content-length", "-1")]),
        ("a content-length without content", [("content-length", "1")]),
    ])
    func `a malformed request resets its stream`(_ name: String, _ fields: [(String, String)]) {
        let server = TestServer()
        server.start()
        server.receive(.request(1, RawFrame.get + fields), .request(3))
        let frames = server.frames()
        #expect(frames.map(\.kind) == [.reset], "\(name)")
        #expect(frames[0].number == 1, "PROTOCOL_ERROR for \(name)")
        #expect(server.requests.map(\.stream.id) == [3])
        #expect(!server.session.isFinished)
    }

    @Test(arguments: [
        [(":method", "GET"), (":scheme", "http"), (":authority", "a")],
        [(":method", "GET"), (":path", "/"), (":authority", "a")],
        [(":scheme", "http"), (":path", "/"), (":authority", "a")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/")],
        [(":method", "GET"), (":scheme", "http"), (":path", ""), (":authority", "a")],
        [(":method", "GET"), (":scheme", "http"), (":path", "a"), (":authority", "a")],
        [(":method", "GET"), (":scheme", "http"), (":path", "*"), (":authority", "a")],
        [(":method", "GET"), (":method", "GET"), (":scheme", "http"), (":path", "/")],
        [(":method", "CONNECT"), (":scheme", "http"), (":path", "/"), (":authority", "a")],
        [(":status", "200"), (":method", "GET"), (":scheme", "http"), (":path", "/")],
    ])
    func `pseudo-header fields must be complete, unique and well formed`(
        _ fields: [(String, String)]
    ) {
        let server = TestServer()
        server.start()
        server.receive(.request(1, fields))
        #expect(server.frames().map(\.kind) == [.reset])
        #expect(server.requests.isEmpty)
    }

    @Test(arguments: [
        (400, [(":path", "/a#b")]), (400, [(":path", "/\u{e9}")]),
        (400, [(":scheme", "ftp")]), (400, [(":authority", "a@b")]),
        (400, [(":authority", "a"), ("host", "b")]),
        (400, [("content-length", "1234567890123456789")]),
        (417, [("expect", "a miracle")]),
    ])
    func `what is well formed and cannot be served is answered`(
        _ status: Int, _ changes: [(String, String)]
    ) {
        let server = TestServer()
        server.start()
        var fields = RawFrame.get
        for change in changes {
            if let index = fields.firstIndex(where: { $0.0 == change.0 }) {
                fields[index] = change
            } else {
                fields.append(change)
            }
        }
        // Without END_STREAM, so that a content-length is no contradiction yet.
        server.receive(.request(1, fields, flags: RawFrame.endHeaders))
        #expect(server.requests.count == 1)
        #expect(throws: HTTP2RequestError.self) { try server.requests[0].request.get() }
        if case .failure(let error) = server.requests.first?.request {
            #expect(error.status == status)
        }
    }

    @Test func `Host stands in for the authority, and may repeat it in any case`() throws {
        let server = TestServer()
        server.start()
        let fields = RawFrame.get.filter { $0.0 != ":authority" }
        server.receive(.request(1, fields + [("host", "b:80")]))
        server.receive(.request(3, RawFrame.get + [("host", "A")]))
        #expect(try server.requests[0].request.get().authority == "b:80")
        #expect(try server.requests[1].request.get().authority == "a")
    }

    @Test(arguments: [
        (414, [(":path", "/" + String(repeating: "a", count: 8 << 10))]),
        (431, [("a", String(repeating: "b", count: 16 << 10))]),
        (431, (0..<101).map { ("a\($0)", "b") }),
    ])
    func `a header section above the limits is answered`(
        _ status: Int, _ changes: [(String, String)]
    ) {
        let server = TestServer()
        server.start()
        let fields = RawFrame.get.filter { field in !changes.contains { $0.0 == field.0 } }
        let block = hpack(
            changes.filter { $0.0.hasPrefix(":") } + fields
                + changes.filter { !$0.0.hasPrefix(":") })
        sendBlock(block, to: server)
        guard case .failure(let error)? = server.requests.first?.request else {
            Issue.record("the request was not refused")
            return
        }
        #expect(error.status == status)
        server.requests[0].stream.respond(.init(code: status), [:])
        server.session.flush()
        #expect(server.frames().first?.kind == .headers)
    }

    @Test func `the longest header section that is allowed passes`() throws {
        let server = TestServer()
        server.start()
        let path = "/" + String(repeating: "a", count: (8 << 10) - 4)
        let fields =
            RawFrame.get.filter { $0.0 != ":path" } + [(":path", path)]
            + [("a", String(repeating: "b", count: (16 << 10) - 1))]
        sendBlock(hpack(fields), to: server)
        #expect(try server.requests.first?.request.get().path == path)
    }

    /// Sends a header block in as many frames as it needs.
    private func sendBlock(_ block: [UInt8], to server: TestServer) {
        var rest = block[...]
        var isFirst = true
        repeat {
            let part = Array(rest.prefix(16384))
            rest = rest.dropFirst(16384)
            let flags = rest.isEmpty ? RawFrame.endHeaders : 0
            server.receive(
                RawFrame(
                    isFirst ? .headers : .continuation,
                    flags: isFirst ? flags | RawFrame.endStream : flags, stream: 1, payload: part))
            isFirst = false
        } while !rest.isEmpty
    }

    @Test func `more streams than allowed are refused, and later end the connection`() {
        let server = TestServer { $0.concurrentStreams = 2 }
        server.receive(RawFrame.preface + RawFrame.settings().bytes)
        _ = server.output.takeBytes()
        server.receive(.request(1), .request(3), .request(5))
        let frames = server.frames()
        #expect(frames.map(\.kind) == [.reset])
        #expect(frames[0].number == 7, "REFUSED_STREAM")
        server.receive(RawFrame(.settings, flags: RawFrame.ack))
        server.receive(.request(7))
        #expect(server.frames().map(\.kind) == [.goAway])
        #expect(server.requests.count == 2)
    }
}
