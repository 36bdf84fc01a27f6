import HTTPServer
import TestSupport
import Testing

@Suite struct EventStreamTests {
    @Test func `a reader that only stops to read keeps its stream`() async throws {
        try await withServer({ $0.peerTimeout = .milliseconds(300) }) { address, responder in
            let client = try SocketClient(address, receiveBuffer: 4 << 10)
            try await client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.head().status == 200)
            #expect(try await client.chunk() == Array("first\n".utf8))
            let sent = await responder.fillStreams()
            #expect(sent > 0)
            // Long enough for several checks of it, and for the first probes of its window.
            try await Task.sleep(for: .milliseconds(1500))
            #expect(await responder.openStreamCount() == 1)
            #expect(try await client.read(count: sent).count == sent)
        }
    }

    @Test func `streams that end in any order are all forgotten`() async throws {
        try await withServer({ $0.peerTimeout = .milliseconds(64) }) { address, responder in
            var clients: [SocketClient] = []
            for _ in 0..<50 {
                let client = try SocketClient(address)
                try await client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.head().status == 200)
                clients.append(client)
            }
            clients.shuffle()
            while let client = clients.popLast() {
                client.reset()
                try await until { await responder.openStreamCount() <= clients.count }
            }
            #expect(try await SocketClient(address).request("GET", "/").status == 200)
        }
    }
}
