import Frames
import HTTPServer
import TestSupport
import Testing

/// Responses that are larger than the kernel takes at once.
@Suite struct ResponseTests {
    /// Reads slowly but steadily to the end, longer than a deadline, and returns how many bytes came.
    private func readSlowly(_ client: SocketClient, count: Int) async throws -> Int {
        var received = 0
        while received < count {
            received += try await client.read(count: min(64 << 10, count - received)).count
            // The pace of the reader: in all longer than the deadline.
            try await Task.sleep(for: .milliseconds(110))
        }
        return received
    }

    @Test(arguments: ["/big", "/sized"])
    func `a client that reads slowly but steadily gets all of a response`(path: String) async throws
    {
        try await withServer({ $0.bodyDeadline = .seconds(6) }) { address, _ in
            let client = try SocketClient(address, receiveBuffer: 256 << 10)
            try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            let length = try #require(Int(try await client.head().fields["content-length"] ?? ""))
            #expect(try await readSlowly(client, count: length) == length)
            #expect(try await client.request("GET", "/next").status == 200)
        }
    }

    @Test(arguments: ["/big", "/stream", "/sized"])
    func `a client that takes nothing is cut off`(path: String) async throws {
        try await withServer({ $0.bodyDeadline = .milliseconds(200) }) { address, responder in
            let client = try SocketClient(address, receiveBuffer: 4 << 10)
            try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await client.head()
            try await until { await responder.connectionCount() == 0 }
            if path != "/big" {
                #expect(
                    await responder.failures.contains {
                        if case .timedOut = $0 { true } else { false }
                    })
            }
        }
    }

    @Test func `a client that takes a trickle is cut off`() async throws {
        try await withServer({ $0.bodyDeadline = .milliseconds(300) }) { address, responder in
            let client = try SocketClient(address, receiveBuffer: 4 << 10)
            try await client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
            while await responder.connectionCount() > 0 {
                _ = try await client.read(count: 500)
                // The pace of the reader: below what is asked of it.
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    @Test func `a stream of known length is not sent in chunks and keeps the connection`()
        async throws
    {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            let answer = try await client.request("GET", "/sized")
            #expect(answer.fields["content-length"] == "\(4 << 20)")
            #expect(answer.fields["transfer-encoding"] == nil)
            #expect(answer.body.count == 4 << 20)
            let head = try await client.request("HEAD", "/sized")
            #expect(head.fields["content-length"] == "\(4 << 20)")
            #expect(try await client.request("HEAD", "/stream").status == 200)
            #expect(try await client.request("GET", "/next").text == "at /next")
        }
    }

    @Test(arguments: ["/short", "/long"])
    func `a stream that does not keep to its length is cut`(path: String) async throws {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await client.head()
            // A part or the whole, but never more.
            #expect(try await client.readToEnd().count <= 4 << 20)
        }
    }

    @Test func `a stream of known length is whole with its last byte`() async throws {
        try await withServer { address, _ in
            let client = try SocketClient(address)
            #expect(try await client.request("GET", "/unfinished").text == "half")
            #expect(try await client.request("GET", "/next").text == "at /next")
        }
    }
}
