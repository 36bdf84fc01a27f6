import DirectoryClient
import Foundation
import TestSupport
import Testing

@Suite struct StreamReconnectTests {
    @Test func `a stream that breaks comes back, after the time the server asked for`() async throws
    {
        let server = try ScriptedServer([
            .stream(opening + "id: 1\nevent: A\ndata: {}\n\nid: 2\nevent: B\nda"),
            .status(503, "Retry-After: 7\r\n"),
            .stream(
                historyOff
                    + "event: dropped\ndata: {\"dropped\":17}\n\nevent: C\ndata: 1\n\nretry: 9000\nevent: goodbye\ndata: {\"retry\":9000}\n\n"
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
                "again: The server responded with status 503. Try again later.", "connected", "gap",
                "reset history-off", "dropped 17", "C 1",
                "again: the gateway is shutting down", "again: the gateway has no room: full",
                "connected", "again: the connection was closed",
            ])
        #expect(pauses.seconds == [3, 7, 9, 11, 11])
        #expect(server.heads.count == 6)
        #expect(server.heads.allSatisfy { $0.hasPrefix("GET /events HTTP/1.1\r\n") })
        // The second event did not arrive whole.
        #expect(server.heads[1].contains("\r\nLast-Event-ID: 1\r\n"))
        #expect(server.heads.allSatisfy { $0.contains("Accept: text/event-stream\r\n") })
    }

    @Test func `pauses grow up to a minute while no server responds, and start anew afterwards`()
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
            (401, "", "401"), (403, "", "403"), (404, "", "not a Directory Gateway"),
            (301, "Location: /x\r\n", "not a Directory Gateway"),
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

    @Test func `a stream that falls silent is given up`() async throws {
        let server = try ScriptedServer([.stream(opening, holds: true), .status(204)])
        let items = try await story(
            try client(server.address, idle: .milliseconds(50)).stream())
        #expect(items.count == 2)
        #expect(items.last?.hasPrefix("again: nothing was received") == true)
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

    @Test func `a gap lasts from the last bytes to the first ones of the next connection`()
        async throws
    {
        let server = try ScriptedServer([
            .stream(opening), .status(503), .stream(opening + historyOff), .status(204),
        ])
        let before = Int64(Date().timeIntervalSince1970 * 1e6)
        var gaps: [(from: Int64, to: Int64)] = []
        for try await item in try client(server.address).stream() {
            if case .gap(let from, let to) = item { gaps.append((from, to)) }
        }
        #expect(gaps.count == 1)
        let gap = try #require(gaps.first)
        #expect(before <= gap.from && gap.from <= gap.to)
        #expect(gap.to <= Int64(Date().timeIntervalSince1970 * 1e6))
    }

    @Test func `the gateway's heartbeats say how long silence may last`() async throws {
        let server = try ScriptedServer([
            .hold(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nDirectory-Heartbeat-Interval: 0.5\r\n\r\n\(opening)"
            ), .status(204),
        ])
        let items = try await story(try client(server.address, idle: nil).stream())
        #expect(items == ["connected", "again: nothing was received for 5 s"])
    }

    @Test(
        "three heartbeats, at least 5 s, at most three days, or the default",
        arguments: [
            (nil, 45), ("15", 45), ("15.0", 45), ("20", 60), ("2.5", 7.5), ("0.1", 5),
            ("0.0004", 45), ("0", 45), ("", 45), ("-1", 45), ("1e9", 45), ("nan", 45), (".5", 45),
            ("5.", 45), ("1 5", 45), ("\u{661}", 45), ("86400", 259_200),
            ("99999999999999999999999999999999", 259_200),
            ("3." + String(repeating: "3", count: 60_000), 9.999),
        ] as [(String?, Double)])
    func idle(_ interval: String?, _ seconds: Double) {
        let timeout = HeaderNumber.idleTimeout(interval) / .seconds(1)
        #expect(abs(timeout - seconds) < 0.0005)
    }
}
