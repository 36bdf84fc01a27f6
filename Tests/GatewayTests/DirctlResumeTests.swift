import Foundation
import TestSupport
import Testing

@Suite struct DirctlResumeTests {
    private let history = ["events.history.max_events": "1000"]
    private let file = NSTemporaryDirectory() + "state-\(UUID().uuidString)"

    /// Listens until a number of lines was printed.
    private func heard(_ gateway: TestGateway, _ count: Int, _ flags: String...) async throws
        -> [String]
    {
        let listening = try await Listening(gateway, ["-o", "raw"] + flags)
        var text = ""
        while text.split(separator: "\n").count < count {
            let more = try await listening.data(until: "\n")
            text += more
            if more.hasSuffix("<end>") { break }
        }
        kill(listening.process.processIdentifier, SIGINT)
        try await blocking { [process = listening.process] in process.waitUntilExit() }
        return text.split(separator: "\n").map(String.init)
    }

    @Test func `a listener begins in the past`() async throws {
        try await TestGateway.run(history) { gateway in
            let cids = [try await gateway.push("a"), try await gateway.push("b")]
            #expect(try await heard(gateway, 2, "--since", "1h") == cids)
            let log = try await dirctl(gateway, "events", "history", "-o", "jsonl")
            let first = try #require(log.out.split(separator: "\n").first)
            let json = try JSONSerialization.jsonObject(with: Data(first.utf8)) as? [String: Any]
            let id = try #require(json?["id"] as? String)
            #expect(try await heard(gateway, 1, "--after", id) == [cids[1]])
        }
    }

    @Test func `a listener that keeps its place goes on where it ended`() async throws {
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await TestGateway.run(history) { gateway in
            let before = try await gateway.push("before")
            let first = try await Listening(gateway, "-o", "raw", "--state", file)
            _ = try await first.notices(until: "\n\n")
            // Without an event the place is the time.
            try await until {
                let place = try? String(contentsOfFile: file, encoding: .utf8)
                return place?.hasSuffix("Z\n") == true
            }
            kill(first.process.processIdentifier, SIGKILL)
            try await blocking { [process = first.process] in process.waitUntilExit() }
            let cids = [try await gateway.push("a"), try await gateway.push("b")]
            #expect(try await heard(gateway, 2, "--state", file) == cids)
            let third = try await gateway.push("c")
            let again = try await heard(gateway, 1, "--state", file, "--since", "1h")
            // The last event is printed again when the listener was ended before it wrote its place.
            #expect(again.last == third || again == [cids[1]])
            #expect(!again.contains(before))
        }
    }

    @Test func `two listeners do not share a place, and other files are refused`() async throws {
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await TestGateway.run(history) { gateway in
            let listening = try await Listening(gateway, "--state", file)
            _ = try await listening.notices(until: "\n\n")
            let second = try await dirctl(gateway, "events", "listen", "--state", file)
            #expect(second.status == 1 && second.error.contains("another listener"))
            let other = file + ".json"
            try Data("{}".utf8).write(to: URL(filePath: other))
            defer { try? FileManager.default.removeItem(atPath: other) }
            let wrong = try await dirctl(gateway, "events", "listen", "--state", other)
            #expect(wrong.status == 2 && wrong.error.contains("is not a file of --state"))
            #expect(try String(contentsOfFile: other, encoding: .utf8) == "{}")
            let folder = try await dirctl(gateway, "events", "listen", "--state", "/")
            #expect(folder.status == 1)
        }
    }

    @Test(arguments: ["json", "jsonl", "raw", "human"])
    func `the history has the same shape for every count`(format: String) async throws {
        try await TestGateway.run(history) { gateway in
            let none = try await dirctl(gateway, "events", "history", "-o", format)
            #expect(none.status == 0 && none.error == "No events found\n")
            #expect(none.out == (format == "json" ? "[]\n" : ""))
            for number in 0..<3 { try await gateway.push("r\(number)") }
            let two = try await dirctl(gateway, "events", "history", "--limit", "2", "-o", format)
            #expect(two.error.contains("There are more events"))
            let all = try await dirctl(gateway, "events", "history", "--limit", "0", "-o", format)
            #expect(all.error.isEmpty)
            for (result, count) in [(two, 2), (all, 3)] {
                if format == "json" {
                    let json = try JSONSerialization.jsonObject(with: Data(result.out.utf8))
                    #expect((json as? [Any])?.count == count)
                } else {
                    #expect(result.out.split(separator: "\n").count == count)
                }
            }
            let foreign = try await dirctl(
                gateway, "events", "history", "-o", format, "--after",
                "0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8a41")
            #expect(foreign.error.contains("the gateway does not know the last event"))
            #expect(foreign.out.contains("unknown-id") == format.hasPrefix("json"))
        }
    }

    @Test func `a place that is none is named`() async throws {
        try await TestGateway.run { gateway in
            for (flags, words) in [
                (["--since", "yesterday"], "'yesterday' is not a time"),
                (["--since", "2999-01-01T00:00:00Z"], "is in the future"),
                (["--after", "1"], "'1' is not the id of an event"),
                (["--after", "x", "--since", "1m"], "cannot be combined"),
            ] {
                for command in ["listen", "history"] {
                    let result = try await dirctl(gateway.address, ["events", command] + flags)
                    #expect(result.status == 2 && result.error.contains(words), "\(result)")
                }
            }
            let off = try await dirctl(gateway, "events", "history")
            #expect(off.status == 3 && off.error.contains("keeps no event log"))
        }
    }
}
