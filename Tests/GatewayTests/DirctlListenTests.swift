import Foundation
import TestSupport
import Testing

@Suite struct DirctlListenTests {
    @Test(
        "events are printed as they come, in each format",
        arguments: ["human", "json", "jsonl", "raw"])
    func listens(_ format: String) async throws {
        try await TestGateway.run { gateway in
            let listening = try await Listening(
                gateway, "-o", format, "--types", "RECORD_PUSHED,RECORD_DELETED", "--labels",
                "zzz,/skills/x")
            let notices = try await listening.notices(until: "zzz\n\n")
            #expect(
                notices
                    == "Listening to events (press Ctrl+C to stop)...\nTypes: RECORD_PUSHED, RECORD_DELETED\nLabels: /skills/x, zzz\n\n"
            )
            try await gateway.push("other")
            let cid = try await gateway.push("a", skill: "x")
            let text = try await listening.data(until: format == "json" ? "\n}\n" : "\n")
            switch format {
            case "human":
                #expect(
                    text.wholeMatch(
                        of: /\[\d\d:\d\d:\d\d\] RECORD_PUSHED: (\w+) \(labels: \/skills\/x\)\n/)?.1
                        == cid[...])
            case "raw": #expect(text == "\(cid)\n")
            default:
                let json = try #require(
                    try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
                #expect(json["resource_id"] as? String == cid)
                #expect(json["type"] as? String == "EVENT_TYPE_RECORD_PUSHED")
                #expect(text.split(separator: "\n").count == (format == "json" ? 9 : 1))
            }
            kill(listening.process.processIdentifier, SIGINT)
            try await blocking { [process = listening.process] in process.waitUntilExit() }
            #expect(listening.process.terminationReason == .uncaughtSignal)
            #expect(try await listening.data(until: "x") == "<end>")
            #expect(try await listening.notices(until: "x") == "<end>")
        }
    }

    @Test func `metadata is printed, and a label cannot move the cursor`() async throws {
        try await TestGateway.run { gateway in
            let listening = try await Listening(gateway)
            _ = try await listening.notices(until: "\n\n")
            try await gateway.push("a", skill: #"\u001b[31mred\u0007"#)
            let line = try await listening.data(until: "\n")
            #expect(line.hasSuffix("(labels: /skills/\\u001b[31mred\\u0007)\n"), "\(line)")
            _ = try await gateway.post(
                "/sync", #"{"remote_directory_url":"http://\#(gateway.address)"}"#)
            let rest = try await listening.data(until: "\"record_count\"")
            #expect(
                rest.contains(#"{"record_count":"0","remote_url":"http://\#(gateway.address)"}"#))
        }
    }

    @Test func `listening goes on after the gateway was away`() async throws {
        let path = NSTemporaryDirectory() + "dirctl-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var port = ""
        var listening: Listening?
        let settings = ["data_dir": path, "events.retry": "100ms"]
        try await TestGateway.run(settings) { gateway in
            port = gateway.address
            listening = try await Listening(gateway)
            _ = try await listening?.notices(until: "\n\n")
        }
        let lost = try await listening?.notices(until: "reconnecting in")
        #expect(
            lost?.hasPrefix("Connection lost (the gateway is shutting down); reconnecting") == true)
        try await TestGateway.run(settings.merging(["listen_address": port]) { $1 }) { gateway in
            let notice = try await listening?.notices(until: "Connected again")
            #expect(notice?.contains("<end>") == false)
            let cid = try await gateway.push("a")
            #expect(try await listening?.data(until: "\n").contains(cid) == true)
        }
    }

    @Test(
        "a file of JSON has no silent holes",
        arguments: [["-o", "jsonl"], ["--json"], ["-o", "raw"], []])
    func marks(_ flags: [String]) async throws {
        let event = "event: RECORD_PUSHED\ndata: {\ndata: \"a\":1}\n\n"
        let server = try ScriptedServer([
            .stream(
                ": connected\n\n\(event)event: dropped\ndata: {\"dropped\":17}\n\n"),
            .stream(": connected\n\n\(historyOff)\(event)"), .status(204),
        ])
        let result = try await dirctl(server.address, ["events", "listen"] + flags)
        #expect(result.status == 0)
        #expect(result.error.contains("17 events were dropped"))
        #expect(result.error.contains("Events may be missing here: the gateway keeps no event log"))
        guard flags.contains("jsonl") || flags.contains("--json") else {
            #expect(!result.out.contains("dropped") && !result.out.contains("disconnected"))
            return
        }
        let lines = result.out.split(separator: "\n")
        let marks = lines.filter { $0.hasPrefix("{\"d") }
        #expect(marks.count == 2)
        #expect(marks.first?.wholeMatch(of: /{"dropped":17,"at":"2[^"]+\.\d{6}Z"}/) != nil)
        let reset = /{"reset":{"cause":"history-off"},"at":"2[^"]+\.\d{6}Z"}/
        #expect(lines.contains { $0.wholeMatch(of: reset) != nil })
        let gap = try #require(
            marks.last?.wholeMatch(
                of: /{"disconnected":{"from":"(2[^"]+\.\d{6}Z)","to":"(2[^"]+\.\d{6}Z)"}}/))
        #expect(gap.1 < gap.2)
        if flags.contains("jsonl") {
            #expect(lines.count == 5)
            for line in lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
            #expect(lines.first == #"{ "a":1}"#)
        }
    }

    @Test func `deep nesting makes no long lines`() async throws {
        let event = String(repeating: "[", count: 20_000)
        let server = try ScriptedServer([
            .stream(": connected\n\nevent: a\ndata: \(event)\n\n"), .status(204),
        ])
        let result = try await dirctl(server.address, ["events", "listen", "--json"])
        #expect(result.status == 0)
        #expect(result.out.utf8.count < 5_000_000)
    }
}
