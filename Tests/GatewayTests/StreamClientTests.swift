import DirectoryClient
import Events
import Foundation
import TestSupport
import Testing

@Suite struct StreamClientTests {
    @Test func `events come decoded, and only those that were asked for`() async throws {
        try await TestGateway.run { gateway in
            let client = try client(gateway.address)
            let (notices, continuation) = AsyncStream.makeStream(of: StreamItem.self)
            let events = client.events(
                types: [.recordPushed, .recordDeleted], labels: ["/skills/x&y=é"]
            ) {
                continuation.yield($0)
            }
            async let found: Event? = {
                for try await event in events { return event }
                return nil
            }()
            var notice = notices.makeAsyncIterator()
            guard case .connected = await notice.next() else {
                Issue.record("the stream should be open")
                return
            }
            _ = try await gateway.push("a")
            let cid = try await gateway.push("b", skill: "x&y=é")
            let event = try #require(try await found)
            #expect(event.type == .recordPushed)
            #expect(event.resourceID == cid)
            #expect(event.labels == ["/skills/x&y=é"])
            #expect(abs(Double(event.timestamp) / 1e6 - Date().timeIntervalSince1970) < 60)
        }
    }

    @Test func `a refusal carries the gateway's own words`() async throws {
        try await TestGateway.run(["limits.filter_items": "1"]) { gateway in
            let stream = try client(gateway.address).stream(EventFilter(cids: ["a", "b"]))
            await #expect { try await story(stream) } throws: {
                guard case DirectoryClientError.refused(let problem) = $0 else { return false }
                return problem.status == 400 && problem.kind == "invalid-value"
            }
        }
    }

    @Test func `a first connection that fails is an error, if that is wanted`() async throws {
        let stream = try client("127.0.0.1:1", retriesFirst: false).stream()
        await #expect { try await story(stream) } throws: {
            guard case DirectoryClientError.unreachable(_, "connection refused") = $0 else {
                return false
            }
            return true
        }
    }

    @Test func `who stops listening closes the connection at once`() async throws {
        let server = try ScriptedServer([
            .stream(opening, holds: true), .stream(opening, holds: true),
        ])
        let client = try client(server.address)
        _ = try await story(client.stream(), 1)
        try await until { server.gone == 1 }
        let task = Task { try await story(client.stream()) }
        try await until { server.heads.count == 2 }
        task.cancel()
        _ = try await task.value
        try await until { server.gone == 2 }
    }

    @Test
    func `events of a type that is not known yet are left out, and what is around them is not`()
        async throws
    {
        let event =
            #"{"id":"0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8a41","type":"EVENT_TYPE_RECORD_PULLED","timestamp":"2025-10-18T14:23:15.1Z","resource_id":"b","metadata":{"b":"2","a":"1"}}"#
        let server = try ScriptedServer([
            .stream(
                ": connected\n\nevent: RECORD_FRIED\ndata: {\"type\":\"EVENT_TYPE_RECORD_FRIED\"}\n\nevent: RECORD_PULLED\ndata: \(event)\n\n"
            ),
            .status(204),
        ])
        var events: [Event] = []
        for try await event in try client(server.address).events() { events.append(event) }
        #expect(events.map(\.type) == [.recordPulled])
        #expect(events.first?.metadata == [.init("a", "1"), .init("b", "2")])
        #expect(events.first?.timestamp == 1_760_797_395_100_000)
    }

    @Test func `the token goes with every request`() async throws {
        let server = try ScriptedServer([.status(204), .status(204)])
        var configuration = DirectoryClient.Configuration(server: try ServerAddress(server.address))
        configuration.token = "secret"
        let client = DirectoryClient(configuration)
        _ = try await story(client.stream())
        try await client.delete("b")
        #expect(server.heads.allSatisfy { $0.contains("Authorization: Bearer secret\r\n") })
    }
}
