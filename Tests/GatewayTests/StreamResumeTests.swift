import DirectoryClient
import Events
import Foundation
import TestSupport
import Testing

@Suite struct StreamResumeTests {
    private let history = ["events.history.max_events": "1000", "events.retry": "100ms"]

    /// An event whose id ends with a number.
    private func event(_ number: Int) -> String {
        let id = Self.id(number)
        return "id: \(id)\nevent: A\ndata: {}\n\n"
    }

    private static func id(_ number: Int) -> String {
        "0199f5a3-7c1e-7b52-9d1a-00000000000\(number)"
    }

    @Test func `a stream goes on after its last event, and has no gap then`() async throws {
        let server = try ScriptedServer([
            .stream(opening + event(1) + event(2)), .stream(opening + event(3)), .stream(opening),
            .status(204),
        ])
        let items = try await story(try client(server.address).stream())
        #expect(
            items == [
                "connected", "A {}", "A {}", "again: the stream ended", "connected", "A {}",
                "again: the stream ended", "connected", "again: the stream ended",
            ])
        let sent = server.heads.map { head in
            head.split(separator: "\r\n").first { $0.hasPrefix("Last-Event-ID: ") }?.dropFirst(15)
        }
        #expect(sent == [nil, Self.id(2)[...], Self.id(3)[...], Self.id(3)[...]])
    }

    @Test func `before the first event a stream goes on where it was opened`() async throws {
        let server = try ScriptedServer([
            .status(503), .stream(opening), .status(503), .stream(opening), .status(204),
        ])
        _ = try await story(try client(server.address).stream())
        let targets = server.heads.map { $0.split(separator: " ")[1] }
        #expect(targets[0] == "/events" && targets[1] == "/events")
        for target in targets[2...] {
            #expect(target.wholeMatch(of: /\/events\?since=\d+ms/) != nil, "\(target)")
        }
    }

    @Test func `a stream can begin in the past`() async throws {
        let server = try ScriptedServer([.status(204), .status(204), .status(204)])
        let client = try client(server.address)
        for start in [
            StreamStart.after(Self.id(7)), .ago(.seconds(600)), .since(1_760_797_395_123_456),
        ] {
            _ = try await story(client.stream(EventFilter(cids: ["a"]), from: start))
        }
        #expect(server.heads[0].contains("\r\nLast-Event-ID: \(Self.id(7))\r\n"))
        let targets = server.heads.map { $0.split(separator: " ")[1] }
        #expect(targets[1].wholeMatch(of: /\/events\?cids=a&since=60000\dms/) != nil)
        #expect(targets[2] == "/events?cids=a&since=2025-10-18T14%3A23%3A15.123456Z")
    }

    @Test func `an id that cannot be a field is not sent`() async throws {
        let server = try ScriptedServer([
            .stream(opening + "id: a b\u{7F}\nevent: A\ndata: {}\n\n"), .status(204),
        ])
        _ = try await story(try client(server.address).stream())
        #expect(!server.heads[1].contains("Last-Event-ID"))
    }

    @Test func `a reset in the middle of a stream is not a gap of the connection`() async throws {
        let server = try ScriptedServer([
            .stream(
                opening + event(1)
                    + "event: reset\ndata: {\"cause\":\"upstream-lost\",\"oldest_id\":\"x\"}\n\n"),
            .status(204),
        ])
        let items = try await story(try client(server.address).stream())
        #expect(items.prefix(3) == ["connected", "A {}", "reset upstream-lost"])
    }

    @Test func `what happened while the gateway was away is received, once`() async throws {
        let path = NSTemporaryDirectory() + "resume-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var settings = history.merging(["data_dir": path]) { $1 }
        var cids: [String] = []
        var iterator: EventStream.Iterator?
        try await TestGateway.run(settings) { gateway in
            settings["listen_address"] = gateway.address
            iterator = try client(gateway.address).stream().makeAsyncIterator()
            _ = try await iterator?.next()
            cids.append(try await gateway.push("before"))
        }
        // The next gateway publishes before this client is back.
        try await TestGateway.run(settings) { gateway in
            for number in 0..<3 { cids.append(try await gateway.push("r\(number)")) }
            var found: [String] = []
            while found.count < 4, let item = try await iterator?.next() {
                switch item {
                case .event(let event): found.append(event.decoded()?.resourceID ?? "")
                case .gap, .reset, .dropped: Issue.record("nothing is missing: \(item)")
                case .connected, .reconnecting: break
                }
            }
            #expect(found == cids)
        }
    }

    @Test func `the event log is read page by page`() async throws {
        try await TestGateway.run(history) { gateway in
            var cids: [String] = []
            for number in 0..<5 { cids.append(try await gateway.push("r\(number)")) }
            let client = try DirectoryClient(gateway.address)
            var (found, ids, cursor): ([String], [String], String?) = ([], [], nil)
            repeat {
                let page = try await client.history(limit: 2, after: cursor)
                #expect(page.reset == nil && page.events.allSatisfy { $0.type == "RECORD_PUSHED" })
                found += page.events.compactMap { $0.decoded()?.resourceID }
                ids += page.events.map(\.id)
                cursor = page.next
            } while cursor != nil
            #expect(found == cids)
            let rest = try await client.history(from: .after(ids[2]))
            #expect(rest.events.map(\.id) == Array(ids[3...]))
            let foreign = try await client.history(from: .after(Self.id(1)))
            #expect(foreign.reset?.cause == "unknown-id" && foreign.events.count == 5)
        }
        try await TestGateway.run { gateway in
            let client = try DirectoryClient(gateway.address)
            await #expect { try await client.history() } throws: {
                guard case DirectoryClientError.refused(let problem) = $0 else { return false }
                return problem.kind == "history-off"
            }
        }
    }
}
