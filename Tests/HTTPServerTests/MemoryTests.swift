import Frames
import HTTPServer
import TestSupport
import Testing

@Suite struct MemoryTests {
    @Test func `a body that many do not read is in memory once`() async throws {
        let budget = MemoryBudget()
        try await withServer(memory: budget) { address, responder in
            var clients: [SocketClient] = []
            for _ in 0..<60 {
                let client = try SocketClient(address, receiveBuffer: 4 << 10)
                try await client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await client.head()
                clients.append(client)
            }
            #expect(budget.peak >= 4 << 20)
            #expect(budget.peak < 5 << 20)
            clients = []
            try await until { await responder.connectionCount() == 0 }
            #expect(budget.used == 0)
        }
    }

    @Test func `a response without memory for it is refused, and the connection continues`()
        async throws
    {
        try await withServer(memory: MemoryBudget(limit: 1 << 20)) { address, _ in
            let client = try SocketClient(address)
            let answer = try await client.request("GET", "/big")
            #expect(answer.status == 503)
            #expect(answer.fields["retry-after"] == "1")
            #expect(try await client.request("GET", "/next").status == 200)
        }
    }

    @Test func `a body that there is no memory for is refused`() async throws {
        let budget = MemoryBudget(limit: 600_000)
        try await withServer(memory: budget) { address, responder in
            let body = String(repeating: "x", count: 900_000)
            #expect(
                try await SocketClient(address).request("POST", "/echo", body: body).status == 503)
            try await until { await responder.connectionCount() == 0 }
            #expect(budget.used == 0)
            #expect(budget.peak > 0)
            let another = try SocketClient(address)
            #expect(try await another.request("POST", "/echo", body: "small").text == "small")
        }
    }

    @Test func `a header that there is no memory for is refused`() async throws {
        let budget = MemoryBudget(limit: 1000)
        try await withServer(memory: budget) { address, responder in
            let client = try SocketClient(address)
            let value = String(repeating: "x", count: 10_000)
            #expect(
                try await client.request("GET", "/", fields: ["X": value]).status == 503)
            #expect(try await client.isClosedByPeer())
            try await until { await responder.connectionCount() == 0 }
            #expect(budget.used == 0)
        }
    }

    @Test func `a connection at rest gives the memory of its last request back`() async throws {
        let budget = MemoryBudget()
        try await withServer(memory: budget) { address, _ in
            let client = try SocketClient(address)
            let body = String(repeating: "x", count: 500_000)
            #expect(try await client.request("POST", "/echo", body: body).text.count == 500_000)
            #expect(budget.peak >= 500_000)
            try await until { budget.used == 0 }
            #expect(try await client.request("GET", "/next").status == 200)
        }
    }
}
