import HTTPServer
import TestSupport
import Testing

/// Clients that leave before their response.
@Suite struct LeavingTests {
    private static let wait = "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"

    /// A request that waits, possibly followed by bytes that are not read.
    private static let requests = [
        wait, wait + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nunread",
    ]

    private func begin(_ text: String, _ address: String, _ responder: TestResponder) async throws
        -> SocketClient
    {
        let client = try SocketClient(address)
        try await client.send(text)
        try await until { await responder.waiting > 0 }
        return client
    }

    @Test(arguments: requests)
    func `a handler is cancelled when its client resets the connection`(text: String) async throws {
        try await withServer { address, responder in
            let client = try await begin(text, address, responder)
            client.reset()
            try await until { await !responder.endings.isEmpty }
            #expect(await responder.endings == ["cancelled"])
            #expect(await responder.connectionCount() == 0)
        }
    }

    @Test(arguments: requests)
    func `a handler is cancelled when its client has ended its side, and its response arrives`(
        text: String
    ) async throws {
        try await withServer { address, responder in
            let client = try await begin(text, address, responder)
            client.finishSending()
            #expect(try await client.answer().text == "cancelled")
        }
    }

    @Test func `a handler that reads its body first is cancelled too`() async throws {
        try await withServer { address, responder in
            let client = try SocketClient(address)
            try await client.send(
                "POST /read-wait HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
            try await until { await responder.reading > 0 }
            try await client.send("cd")
            try await until { await responder.waiting > 0 }
            client.reset()
            try await until { await !responder.endings.isEmpty }
            #expect(await responder.endings == ["cancelled"])
        }
    }

    @Test func `a client that has ended its side has a moment for its response`() async throws {
        try await withServer({ $0.halfClosedGrace = .seconds(60) }) { address, responder in
            let client = try SocketClient(address)
            try await client.send("GET /soon HTTP/1.1\r\nHost: a\r\n\r\n")
            client.finishSending()
            try await until { await responder.waiting == 1 }
            await responder.release()
            #expect(try await client.answer().text == "whole")
            #expect(try await client.isClosedByPeer())
        }
    }

    @Test func `a loop does not spin while a client that has ended its side waits`()
        async throws
    {
        try await withServer { address, responder in
            let client = try SocketClient(address)
            try await client.send("GET /patient HTTP/1.1\r\nHost: a\r\n\r\nGET")
            try await until { await responder.isPatient() }
            client.finishSending()
            let before = await responder.processorTime()
            // The time in which the loop must have nothing to do.
            try await Task.sleep(for: .milliseconds(600))
            #expect(await responder.processorTime() - before < .milliseconds(100))
            // Cancelled by now; it responds anyway.
            await responder.timeOutBodies()
            #expect(try await client.answer().status == 200)
        }
    }

    @Test func `a handler is not cancelled after its response`() async throws {
        try await withServer { address, responder in
            let client = try SocketClient(address)
            try await client.send("GET /after HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.answer().text == "before")
            client.reset()
            try await until { await !responder.endings.isEmpty }
            #expect(await responder.endings == ["whole"])
        }
    }

    @Test func `handlers are cancelled when the listener ends`() async throws {
        try await withServer { address, responder in
            let client = try await begin(Self.wait, address, responder)
            await responder.close()
            try await until { await !responder.endings.isEmpty }
            #expect(await responder.endings == ["cancelled"])
            withExtendedLifetime(client) {}
        }
    }
}
