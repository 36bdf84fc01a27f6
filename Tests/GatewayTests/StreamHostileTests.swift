import DirectoryClient
import Foundation
import TestSupport
import Testing

/// A server that sends what no gateway would.
@Suite struct StreamHostileTests {
    @Test(
        "no wait that a server asks for is longer than a day, or shorter than ours",
        arguments: [
            ("9223372036854775807", 86_400), ("99999999999999999999", 1), ("86400001", 86_400),
            ("0", 1), ("-5", 1),
        ])
    func retry(_ milliseconds: String, _ seconds: Double) async throws {
        let server = try ScriptedServer([
            .stream("retry: \(milliseconds)\n: connected\n\n"), .status(204),
        ])
        let pauses = Pauses()
        _ = try await story(try client(server.address, pauses).stream())
        #expect(pauses.seconds == [seconds])
    }

    @Test(arguments: [
        ("4294967296", 86_400), ("99999999999999999999", 86_400), ("-1", 1), ("soon", 1),
    ])
    func `so it is with Retry-After`(_ field: String, _ seconds: Double) async throws {
        let server = try ScriptedServer([
            .status(503, "Retry-After: \(field)\r\n"), .status(204),
        ])
        let pauses = Pauses()
        _ = try await story(try client(server.address, pauses).stream())
        #expect(pauses.seconds == [seconds])
    }

    @Test(
        "a number of lost events stays one that can be added up",
        arguments: [
            ("17", 17), ("9223372036854775807", 1 << 53), ("18446744073709551616", 1 << 53),
            ("1e300", 1 << 53), ("0", nil), ("-9223372036854775808", nil), ("1e999", nil),
            ("\"5\"", nil), ("null", nil),
        ] as [(String, Int?)])
    func dropped(_ number: String, _ count: Int?) async throws {
        let server = try ScriptedServer([
            .stream("event: dropped\ndata: {\"dropped\":\(number)}\n\n"), .status(204),
        ])
        let items = try await story(try client(server.address).stream())
        #expect(
            items
                == ["connected"] + (count.map { ["dropped \($0)"] } ?? [])
                + ["again: the stream ended"])
    }

    @Test(arguments: [
        "Text/Event-Stream", "text/event-stream;charset=utf-8", "text/event-stream ; charset=UTF-8",
        "\ttext/event-stream ",
    ])
    func `a content type may be in any case and carry parameters`(_ type: String) async throws {
        let server = try ScriptedServer([
            .close("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\n\r\n\(opening)"), .status(204),
        ])
        let items = try await story(try client(server.address).stream())
        #expect(items.first == "connected")
    }

    @Test(arguments: [
        "text/event-streams", "text/event-stream\u{301}", "application/text/event-stream", "",
        "text/event-\u{17F}tream",
    ])
    func `what only looks like the content type is none`(_ type: String) async throws {
        let server = try ScriptedServer([
            .close("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\n\r\n\(opening)")
        ])
        await #expect(throws: DirectoryClientError.self) {
            try await story(try client(server.address).stream())
        }
    }

    @Test func `two spellings of one key are two keys`() async throws {
        let server = try ScriptedServer([
            .stream(
                ": connected\n\nevent: e\ndata: {\"id\":\"0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8a41\",\"type\":\"EVENT_TYPE_RECORD_PULLED\",\"timestamp\":\"2025-10-18T14:23:15Z\",\"resource_id\":\"a\",\"metadata\":{\"\u{E9}\":\"1\",\"e\u{301}\":\"2\"}}\n\n"
            ), .status(204),
        ])
        var values: [String] = []
        for try await event in try client(server.address).events() {
            values += event.metadata.map(\.value)
        }
        #expect(values == ["2", "1"], "in the order of their bytes")
    }

    /// Canonical ordering of these moves each mark of the second kind past all of the first.
    private static let marks =
        String(repeating: "\u{301}", count: 200_000) + String(repeating: "\u{327}", count: 200_000)

    @Test(.timeLimit(.minutes(2)))
    func `a flood of combining marks costs no more than other bytes`() async throws {
        let marks = Self.marks
        func event(_ type: String = "", name: String = "resource_id") -> String {
            #"{"id":"0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8a41","type":"EVENT_TYPE_RECORD_PULLED\#(type)","timestamp":"2025-10-18T14:23:15.1Z","\#(name)":"\#(marks)","labels":["\#(marks)","\#(marks)"],"metadata":{"b":"\#(marks)","a":"\#(marks)"}}"#
        }
        let server = try ScriptedServer([
            .stream(
                ": connected\n\nevent: dropped\(marks)\ndata: 1\n\nevent: \(marks)\ndata: 2\n\nevent: dropped\ndata: {\"\(marks)\":1,\"dropped\":1}\n\nevent: e\ndata: \(event(marks))\n\nevent: e\ndata: \(event(name: marks))\n\nevent: e\ndata: \(event())\n\n"
            ), .status(204),
        ])
        var events: [Int] = []
        for try await event in try client(server.address).events() {
            events.append(event.resourceID.utf8.count)
        }
        #expect(events == [800_000])
    }
}
