import DirectoryClient
import Events
import Foundation
import Synchronization
import TestSupport
import Testing

// examples/consumers/listen.swift, word for word.

/// Calls `handle` for each event, in order, and `compare` with the cids of all stored records when
/// events are missing. Returns when the task is cancelled.
/// - Throws: `DirectoryClientError` when to try again would not help.
func listen(
    to server: String, handle: (Event) async -> Void, compare: ([String]) async -> Void
) async throws {
    let client = try DirectoryClient(server)
    let filter = EventFilter(types: [.recordPushed, .recordDeleted])
    for try await item in client.stream(filter) {
        switch item {
        case .event(let received):
            // Nil for a type that this version of the library does not know.
            if let event = received.decoded() { await handle(event) }
        case .dropped, .gap:
            await compare(try await storedRecords(client))
        default: break
        }
    }
}

private func storedRecords(_ client: DirectoryClient) async throws -> [String] {
    var cids: [String] = []
    var after: String?
    repeat {
        let page = try await client.records(limit: 1000, after: after)
        cids += page.records.map(\.cid)
        after = page.next
    } while after != nil
    return cids
}

// End of the example.

/// What the example has reported.
private final class Report: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

@Suite struct ConsumerTests {
    @Test func `the Swift program of the examples is the one that is compiled here`() throws {
        let program = try String(
            contentsOfFile: repository + "/examples/consumers/listen.swift", encoding: .utf8)
        let source = try String(contentsOfFile: #filePath, encoding: .utf8)
        let start = try #require(program.range(of: "/// Calls"))
        #expect(source.contains(program[start.lowerBound...]))
    }

    @Test func `the Swift program goes on after a restart, and compares what it has missed`()
        async throws
    {
        let report = Report()
        var settings = ["listen_address": "127.0.0.1:0", "events.retry": "100ms"]
        var listening: Task<Void, any Error>?
        for name in ["before", "after"] {
            try await TestGateway.run(settings) { gateway in
                settings["listen_address"] = gateway.address
                if listening == nil {
                    listening = Task { [address = gateway.address] in
                        try await listen(to: "http://\(address)") {
                            report.add("\($0.type.shortName) \($0.resourceID)")
                        } compare: {
                            report.add("stored: \($0.count)")
                        }
                    }
                }
                try await until {
                    let all = try await gateway.request("GET", "/subscribers").json["subscribers"]
                    return (all as? [Any])?.count == 1
                }
                if name == "after" {
                    try await until { report.all.contains("stored: 0") }
                }
                let cid = try await gateway.push(name)
                try await until { report.all.contains("RECORD_PUSHED \(cid)") }
            }
        }
        listening?.cancel()
    }
}
