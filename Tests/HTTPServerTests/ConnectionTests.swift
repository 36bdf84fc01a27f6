import Frames
import HTTPServer
import TestSupport
import Testing

@Suite struct ConnectionTests {
    @Test func `a connection serves one request after the other`() async throws {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            for path in ["/a", "/later", "/b"] {
                #expect(try await client.request("GET", path).status == 200)
            }
        }
    }

    @Test func `pipelined requests get their responses in order`() async throws {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            let paths = (0..<200).map { $0 % 3 == 0 ? "/later" : "/\($0)" }
            try await client.send(
                paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            for path in paths {
                let text = try await client.answer().text
                #expect(text == (path == "/later" ? "later" : "at \(path)"))
            }
        }
    }

    @Test func `a client that pipelines many requests does not delay the others`() async throws {
        try await withServer { address, responder in
            let greedy = try SocketClient(address)
            try await greedy.send(
                String(repeating: "GET /busy HTTP/1.1\r\nHost: a\r\n\r\n", count: 1500))
            try await until { await responder.busyRequests > 0 }
            #expect(try await SocketClient(address).request("GET", "/").status == 200)
            #expect(await responder.busyRequests < 1000)
            for _ in 0..<1500 { #expect(try await greedy.answer().status == 200) }
        }
    }

    @Test func `an exchange without a response ends with 500`() async throws {
        try await withServer { address, _ in
            let answer = try await SocketClient(address).request("GET", "/forget")
            #expect(answer.status == 500)
            #expect(answer.fields["connection"] == "close")
        }
    }

    @Test func `a body is read by length and by chunks`() async throws {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            #expect(try await client.request("POST", "/echo", body: "hello").text == "hello")
            try await client.send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            try await client.send("2\r\nde\r\n0\r\n\r\n")
            #expect(try await client.answer().text == "abcde")
        }
    }

    @Test func `a client that waits for 100 Continue gets it, and only if the body is read`()
        async throws
    {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            try await client.send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            )
            #expect(try await client.head().status == 100)
            try await client.send("ok")
            #expect(try await client.answer().text == "ok")

            try await client.send(
                "POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            )
            let answer = try await client.answer()
            #expect(answer.status == 200)
            #expect(answer.fields["connection"] == "close")
        }
    }

    @Test func `a client that ends its sending side still gets its response`() async throws {
        try await withServer { address, _ in
            for _ in 0..<20 {
                let client = try SocketClient(address)
                try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
                try await client.send("hello")
                client.finishSending()
                #expect(try await client.answer().text == "hello")
            }
        }
    }

    @Test func `a client that streams both ways gets 100 Continue before the response begins`()
        async throws
    {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            try await client.send(
                "POST /double HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            )
            #expect(try await client.head().status == 100)
            try await client.send("ok")
            // Not before: a proxy could treat the response as ended.
            #expect(try await client.head().status == 200)
            let chunk = try #require(try await client.chunk())
            #expect(String(decoding: chunk, as: UTF8.self) == "okok")
        }
    }

    @Test func `a handler that reads a timed-out body later does not wait for it`() async throws {
        try await withServer { address, responder in
            let client = try SocketClient(address)
            try await client.send(
                "POST /patient HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
            try await until { await responder.isPatient() }
            await responder.timeOutBodies()
            #expect(try await client.answer().status == 408)
        }
    }

    @Test func `a check of the client does not turn off the reading that just began`() async throws
    {
        let limits: (inout HTTPLimits) -> Void = {
            $0.halfClosedGrace = .milliseconds(1)
            $0.bodyDeadline = .seconds(2)
        }
        try await withServer(limits) { address, responder in
            let client = try SocketClient(address)
            try await client.send(
                "POST /patient HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
            try await until { await responder.isPatient() }
            // It is not read yet, so the client will be looked at, in the turn in which the handler
            // begins to wait for it.
            try await client.send("cde")
            await responder.goOn()
            let answer = try await client.answer()
            #expect(answer.status == 200)
            #expect(answer.text == "abcde")
        }
    }

    @Test func `a body that is too long is refused before it is sent`() async throws {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            try await client.send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000001\r\n\r\n")
            #expect(try await client.answer().status == 413)
        }
    }

    @Test func `a chunk that announces too much is refused before it is sent`() async throws {
        try await withServer { address, _ in
            let huge = String(repeating: "f", count: 40)
            for chunks in [
                "f4241\r\n", "3\r\nabc\r\nf423e\r\n", "fffffffffffffff\r\n", "\(huge)\r\n",
            ] {
                let client = try SocketClient(address)
                try await client.send(
                    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)")
                #expect(try await client.answer().status == 413)
            }
            let client = try SocketClient(address)
            let body = String(repeating: "x", count: 1000)
            try await client.send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n\(body)\r\n0\r\n\r\n"
            )
            #expect(try await client.answer().text == body)
        }
    }

    @Test func `chunks that are here already are handed over in one piece`() async throws {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            let chunks = String(repeating: "1\r\nx\r\n", count: 1000)
            try await client.send(
                "POST /pieces HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)0\r\n\r\n"
            )
            let count = try #require(Int(try await client.answer().text))
            #expect((1...20).contains(count))
        }
    }

    @Test func `the part before an error in the body is handed over first`() async throws {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            try await client.send(
                "POST /double HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nx"
            )
            #expect(try await client.head().status == 200)
            let chunk = try #require(try await client.chunk())
            #expect(String(decoding: chunk, as: UTF8.self) == "okok")
        }
    }

    @Test func `a refused client that goes on sending gets its response also without memory`()
        async throws
    {
        let memory = MemoryBudget(limit: 1 << 20)
        try await withServer(memory: memory) { address, _ in
            let client = try SocketClient(address)
            memory.charge(1 << 20)
            try await client.send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n"
                    + String(repeating: "x", count: 1000))
            // It does not notice, and none of this may end the connection with a reset.
            for _ in 0..<20 {
                try await client.send([UInt8](repeating: 0x78, count: 64 << 10))
            }
            // Too large by its length, or, when much of it came at once, for the memory.
            #expect([413, 503].contains(try await client.answer().status))
            memory.release(1 << 20)
        }
    }

    @Test func `a response survives a client that continues to send`() async throws {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            let body = String(repeating: "x", count: 3_000_000)
            #expect(try await client.request("POST", "/echo", body: body).status == 413)
        }
    }

    @Test func `reading and writing happen at the same time`() async throws {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            try await client.send(
                "POST /double HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            #expect(try await client.head().fields["transfer-encoding"] == "chunked")
            for word in ["one", "two"] {
                try await client.send("3\r\n\(word)\r\n")
                let chunk = try #require(try await client.chunk())
                #expect(String(decoding: chunk, as: UTF8.self) == word + word)
            }
            try await client.send("0\r\n\r\n")
            #expect(try await client.chunk() == nil)
            #expect(try await client.request("GET", "/next").text == "at /next")
        }
    }

    @Test func `a response that is not ended is cut off, not completed`() async throws {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            try await client.send("GET /cut HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.head().status == 200)
            let rest = String(decoding: try await client.readToEnd(), as: UTF8.self)
            #expect(rest == "4\r\nhalf\r\n")
        }
    }

    @Test func `HTTP 1.0 gets a response and the connection ends`() async throws {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            let answer = try await client.request("GET", "/old", version: "HTTP/1.0")
            #expect(answer.text == "at /old")
            #expect(try await client.isClosedByPeer())
        }
    }

    @Test func `HEAD has the length and no body`() async throws {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            #expect(try await client.request("HEAD", "/abc").fields["content-length"] == "7")
            #expect(try await client.request("GET", "/abc").text == "at /abc")
        }
    }

    @Test func `a malformed request gets a response and the connection ends`() async throws {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            try await client.send(
                "GET / HTTP/1.1\r\nHost : a\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n")
            #expect(try await client.answer().status == 400)
            #expect(try await client.isClosedByPeer())
        }
    }

    @Test func `a header that trickles in is cut off at its deadline`() async throws {
        try await withServer({ $0.headerDeadline = .milliseconds(200) }) { address, _ in
            let client = try SocketClient(address)
            try await client.send("GET / HTTP/1.1\r\nHost: ")
            #expect(try await client.answer().status == 408)
        }
    }

    @Test func `a body that does not come is cut off at its deadline`() async throws {
        try await withServer({ $0.bodyDeadline = .milliseconds(200) }) { address, _ in
            let client = try SocketClient(address)
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
            #expect(try await client.answer().status == 408)
        }
    }

    @Test func `a connection at rest is closed after a while`() async throws {
        try await withServer({ $0.keepAliveIdle = .milliseconds(200) }) { address, _ in
            let client = try SocketClient(address)
            #expect(try await client.request("GET", "/").status == 200)
            #expect(try await client.isClosedByPeer())
        }
    }

    @Test func `clients that vanish leave nothing behind`() async throws {
        try await withServer { address, responder in
            for _ in 0..<100 {
                let client = try SocketClient(address)
                try await client.send(
                    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nab")
                client.reset()
            }
            // Their ends arrive later; a request after them is handled meanwhile.
            try await until { await responder.connectionCount() == 0 }
            #expect(try await SocketClient(address).request("GET", "/").status == 200)
        }
    }
}
