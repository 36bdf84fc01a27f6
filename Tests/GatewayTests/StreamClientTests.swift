import DirectoryClient
import Events
import Foundation
import Synchronization
import TestSupport
import Testing

/// Remembers the pauses instead of making them.
private final class Pauses: Sendable {
    private let all = Mutex<[Duration]>([])

    var seconds: [Double] { all.withLock { $0.map { $0 / .seconds(1) } } }

    func note(_ pause: Duration) { all.withLock { $0.append(pause) } }
}

private func client(
    _ address: String, _ pauses: Pauses = Pauses(), idle: Duration = .seconds(30),
    retriesFirst: Bool = true
) throws -> DirectoryClient {
    var configuration = DirectoryClient.Configuration(server: try ServerAddress(address))
    configuration.reconnect.idleTimeout = idle
    configuration.reconnect.retriesFirstConnection = retriesFirst
    configuration.reconnect.jitter = { 1 }
    configuration.reconnect.pause = { pauses.note($0) }
    return DirectoryClient(configuration)
}

/// What a stream brings, as text, up to a number of items or its end.
private func story(_ stream: EventStream, _ count: Int = .max) async throws -> [String] {
    var items: [String] = []
    for try await item in stream {
        switch item {
        case .connected: items.append("connected")
        case .event(let event):
            items.append("\(event.type) \(String(decoding: event.json, as: UTF8.self))")
        case .dropped(let count): items.append("dropped \(count)")
        case .reconnecting(_, let reason): items.append("again: \(reason)")
        }
        if items.count == count { break }
    }
    return items
}

private let opening = "retry: 3000\n: connected\n\n"

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

    @Test func `a stream that breaks comes back, after the time the server asked for`() async throws
    {
        let server = try ScriptedServer([
            .stream(opening + "id: 1\nevent: A\ndata: {}\n\nid: 2\nevent: B\nda"),
            .status(503, "Retry-After: 7\r\n"),
            .stream(
                "event: dropped\ndata: {\"dropped\":17}\n\nevent: C\ndata: 1\n\nretry: 9000\nevent: goodbye\ndata: {\"retry\":9000}\n\n"
            ),
            .stream(
                "retry: 11000\nevent: retry-later\ndata: {\"reason\":\"full\",\"retry\":11000}\n\n"),
            .close(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n: a\n\n\r\n"
            ),
            .status(204),
        ])
        let pauses = Pauses()
        let items = try await story(try client(server.address, pauses).stream())
        #expect(
            items == [
                "connected", "A {}", "again: the stream ended",
                "again: The server answered 503. Try again later.", "connected", "dropped 17",
                "C 1",
                "again: the gateway is going down", "again: the gateway has no room: full",
                "connected", "again: the connection was closed",
            ])
        #expect(pauses.seconds == [3, 7, 9, 11, 11])
        #expect(server.heads.count == 6)
        #expect(server.heads.allSatisfy { $0.hasPrefix("GET /events HTTP/1.1\r\n") })
        #expect(server.heads.allSatisfy { $0.contains("Accept: text/event-stream\r\n") })
    }

    @Test func `pauses grow up to a minute while nobody answers, and start anew afterwards`()
        async throws
    {
        let hangUps = [ScriptedServer.Answer](repeating: .close(""), count: 8)
        let server = try ScriptedServer(
            hangUps + [.stream(": connected\n\n"), .close(""), .status(204)])
        let pauses = Pauses()
        _ = try await story(try client(server.address, pauses).stream())
        #expect(pauses.seconds == [1, 2, 4, 8, 16, 32, 60, 60, 1, 2])
    }

    @Test(
        "what does not get better by trying again ends the stream",
        arguments: [
            (401, "", "401"), (403, "", "403"), (404, "", "no Directory Gateway"),
            (301, "Location: /x\r\n", "no Directory Gateway"),
            (200, "Content-Type: text/html\r\n", "text/html"),
        ])
    func fatal(_ status: Int, _ fields: String, _ reason: String) async throws {
        let server = try ScriptedServer([.status(status, fields), .status(204)])
        let stream = try client(server.address).stream()
        do {
            _ = try await story(stream)
            Issue.record("the stream should have ended with an error")
        } catch {
            #expect("\(error)".contains(reason), "\(error)")
        }
        #expect(server.heads.count == 1)
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

    @Test func `a stream that falls silent is given up`() async throws {
        let server = try ScriptedServer([.stream(opening, holds: true), .status(204)])
        let items = try await story(
            try client(server.address, idle: .milliseconds(50)).stream())
        #expect(items.count == 2)
        #expect(items.last?.hasPrefix("again: nothing was heard") == true)
        #expect(server.gone == 1)
    }

    @Test func `a reader that takes its time is not taken for silence`() async throws {
        let server = try ScriptedServer([
            .stream(": connected\n\nevent: A\ndata: 1\n\n", holds: true), .status(204),
        ])
        var iterator = try client(server.address, idle: .milliseconds(80)).stream()
            .makeAsyncIterator()
        _ = try await iterator.next()
        // What came waits here for longer than silence may last; then the silence begins.
        try await Task.sleep(for: .milliseconds(200))
        guard case .event = try await iterator.next() else {
            Issue.record("the event should be first")
            return
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

/// Waits for a condition; fails after ten seconds.
func until(_ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "it does not come to be")
        try await Task.sleep(for: .milliseconds(2))
    }
}
