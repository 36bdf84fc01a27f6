import DirectoryClient
import Foundation
import Synchronization
import TestSupport
import Testing

/// The example of the Swift library in docs/libraries.md, word for word but for the address; `print` goes to the
/// test.
private func example(
    _ address: String, print: (_ type: String, _ resource: String, _ labels: [String]) -> Void
) async throws {
    // README
    let client = try DirectoryClient(address)
    for try await event in client.events(types: [.recordPushed], labels: ["/skills/"]) {
        print(event.type.shortName, event.resourceID, event.labels)
    }
    // end
}

/// The lines that the example has printed.
private final class Output: Sendable {
    private let lines = Mutex<[String]>([])

    var last: String? { lines.withLock { $0.last } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

/// What is between two lines of a text, without the indentation of its first line.
private func block(_ text: String, from start: String, to end: String) -> [String]? {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let bare = lines.map { $0.trimmingCharacters(in: .whitespaces) }
    guard let first = bare.firstIndex(of: start), let last = bare[first...].firstIndex(of: end)
    else { return nil }
    let inside = lines[(first + 1)..<last]
    let indentation = inside.first.map { $0.prefix { $0 == " " }.count } ?? 0
    return inside.map { String($0.dropFirst(indentation)) }
}

@Suite struct ReadmeTests {
    @Test func `the Swift example is the one that is compiled here`() throws {
        let page = try String(
            contentsOfFile: repository + "/docs/libraries.md", encoding: .utf8)
        let source = try String(contentsOfFile: #filePath, encoding: .utf8)
        let shown = try #require(block(page, from: "```swift", to: "```"))
        let compiled = try #require(block(source, from: "// README", to: "// end"))
        let words = compiled.map {
            $0.replacing("(address)", with: #"("http://127.0.0.1:8080")"#)
        }
        #expect(shown == ["import DirectoryClient", ""] + words)
    }

    @Test func `the Swift example hears events, also after a restart of the gateway`() async throws
    {
        let output = Output()
        var address = "127.0.0.1:0"
        var listening: Task<Void, any Error>?
        for name in ["before", "after"] {
            let settings = ["listen_address": address, "events.retry": "100ms"]
            try await TestGateway.run(settings) { gateway in
                address = gateway.address
                if listening == nil {
                    listening = Task { [address] in
                        try await example("http://\(address)") {
                            output.add("\($0) \($1) \($2.joined(separator: ","))")
                        }
                    }
                }
                try await until {
                    let all = try await gateway.request("GET", "/subscribers").json["subscribers"]
                    return (all as? [Any])?.count == 1
                }
                let cid = try await gateway.push(name, skill: "reading")
                try await until { output.last == "RECORD_PUSHED \(cid) /skills/reading" }
            }
        }
        listening?.cancel()
    }
}
