import Foundation
import TestSupport
import Testing

/// Runs dirctl against a gateway; an environment of its own keeps the developer's settings out.
private func dirctl(
    _ gateway: TestGateway? = nil, _ arguments: String..., input: String = "",
    environment: [String: String] = [:]
) async throws -> ProgramResult {
    var variables = [
        "XDG_CONFIG_HOME": "/nowhere", "DIRECTORY_CLIENT_SERVER_ADDR": gateway?.address ?? "",
    ]
    variables.merge(environment) { $1 }
    return try await runProgram("dirctl", arguments, environment: variables, input: input)
}

/// A listening dirctl.
private final class Listening {
    let process = Process()
    private let (out, error) = (Pipe(), Pipe())

    init(_ gateway: TestGateway, _ arguments: String...) async throws {
        // Whoever started the tests may ignore SIGINT, and children inherit that.
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["--default-signal=INT", executable("dirctl").path, "events", "listen"] + arguments
        process.environment = [
            "DIRECTORY_CLIENT_SERVER_ADDR": gateway.address, "TZ": "America/New_York",
        ]
        process.standardOutput = out
        process.standardError = error
        try process.run()
        // A test that waits in vain fails instead of standing still.
        DispatchQueue.global().asyncAfter(deadline: .now() + 30) { [weak process] in
            if process?.isRunning == true { process?.terminate() }
        }
    }

    deinit { if process.isRunning { process.terminate() } }

    /// What is written until a text comes.
    private func read(_ pipe: Pipe, until mark: String) async throws -> String {
        let handle = pipe.fileHandleForReading
        return try await blocking {
            var text = ""
            while !text.contains(mark) {
                let part = handle.availableData
                if part.isEmpty { return text + "<end>" }
                text += String(decoding: part, as: UTF8.self)
            }
            return text
        }
    }

    func data(until mark: String) async throws -> String { try await read(out, until: mark) }
    func notices(until mark: String) async throws -> String { try await read(error, until: mark) }
}

@Suite struct DirctlTests {
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
        let lost = try await listening?.notices(until: "again in")
        #expect(
            lost?.hasPrefix("Connection lost (the gateway is going down); trying again") == true)
        try await TestGateway.run(settings.merging(["listen_address": port]) { $1 }) { gateway in
            let notice = try await listening?.notices(until: "Connected again")
            #expect(notice?.contains("<end>") == false)
            let cid = try await gateway.push("a")
            #expect(try await listening?.data(until: "\n").contains(cid) == true)
        }
    }

    @Test func `each fault has its exit code and one line that says what to do`() async throws {
        let broken = NSTemporaryDirectory() + "broken-\(UUID().uuidString).json"
        try Data("{\"a\":".utf8).write(to: URL(filePath: broken))
        defer { try? FileManager.default.removeItem(atPath: broken) }
        let other = try ScriptedServer([
            .close("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        ])
        let strict = try ScriptedServer([.status(401)])
        try await TestGateway.run { gateway in
            let cases: [([String], String, Int32, String)] = [
                (["search"], "127.0.0.1:1", 5, "does the gateway run there?"),
                (["events", "listen"], "127.0.0.1:1", 5, "does the gateway run there?"),
                (["search"], other.address, 5, "is no Directory Gateway"),
                (["events", "listen"], strict.address, 4, "Give a token"),
                (["search"], "ft p://x", 2, "write it as http://127.0.0.1:8080"),
                (
                    ["events", "listen", "--types", "RECORD_PUSHD"], gateway.address, 2,
                    "did you mean RECORD_PUSHED?"
                ),
                (["push", "/no/such/file"], gateway.address, 1, "/no/such/file cannot be read"),
                (["push", broken], gateway.address, 4, "\(broken): "),
                (["validate", broken], "", 1, "\(broken): not a record"),
                (["pull", "baeareinone"], gateway.address, 3, "dirctl search"),
                (
                    ["info", "baeareibgbyis3erzj6aswtu5j7pmukkeuqghfbt7pdegjgcoea5dueb4te"],
                    gateway.address, 3, "is stored here"
                ),
                (["routing", "publish", absentCID], gateway.address, 3, absentCID),
                (["sync", "status", "none"], gateway.address, 3, "no sync none"),
                (
                    ["sync", "create", "http://169.254.169.254"], gateway.address, 4,
                    "may not be reached"
                ),
                (["search", "--limit", "0"], gateway.address, 2, "--limit must be above 0"),
                (["delete"], gateway.address, 2, "no cid is given"),
                (["search", "--timeout", "soon"], gateway.address, 2, "write 500ms, 30s or 2m"),
                (
                    ["search", "--tls-ca-file", "/no/such"], gateway.address, 2,
                    "/no/such cannot be read"
                ),
                (["search", "--json", "-o", "raw"], gateway.address, 2, "cannot both be"),
                (["bogus"], gateway.address, 2, "bogus"),
                (["events", "listen", "--types", ""], gateway.address, 2, "--types is empty"),
                (["search"], "https://\(gateway.address)", 5, "no TLS connection"),
            ]
            for (arguments, address, code, words) in cases {
                let result = try await runProgram(
                    "dirctl", arguments,
                    environment: [
                        "DIRECTORY_CLIENT_SERVER_ADDR": address, "XDG_CONFIG_HOME": "/nowhere",
                    ])
                #expect(result.status == code, "\(arguments): \(result)")
                #expect(result.error.contains(words), "\(arguments): \(result.error)")
                #expect(result.out.isEmpty)
                let lines = result.error.split(separator: "\n")
                #expect(lines.count == 1 || result.error.contains("Usage:"), "\(result.error)")
            }
        }
    }

    @Test func `a faulty record is told with every fault, and the others are pushed`() async throws
    {
        try await TestGateway.run { gateway in
            let lines = [record("a"), #"{"name":1}"#, record("b")].joined(separator: "\n")
            let result = try await dirctl(gateway, "push", "--ndjson", "-o", "raw", input: lines)
            #expect(result.status == 4)
            #expect(result.out.split(separator: "\n").count == 2)
            #expect(
                result.error.contains(
                    "standard input:2: the record has 7 faults:\n  /version is required\n"))
            #expect(result.error.hasSuffix("2 records pushed, 1 refused\n"))
        }
    }

    @Test func `settings come from flags, then environment, then file`() async throws {
        let home = NSTemporaryDirectory() + "home-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: home) }
        let folder = URL(filePath: home + "/dirctl")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "config.yaml")
        try await TestGateway.run { gateway in
            try Data("server_addr: \(gateway.address)\n".utf8).write(to: file)
            func search(_ arguments: [String], _ address: String) async throws -> Int32 {
                try await runProgram(
                    "dirctl", arguments + ["search"],
                    environment: ["XDG_CONFIG_HOME": home, "DIRECTORY_CLIENT_SERVER_ADDR": address]
                ).status
            }
            #expect(try await search([], "") == 0)
            #expect(try await search([], "127.0.0.1:1") == 5)
            #expect(try await search(["--server-addr", gateway.address], "127.0.0.1:1") == 0)
            try Data("server: x\n".utf8).write(to: file)
            let result = try await runProgram(
                "dirctl", ["search"], environment: ["XDG_CONFIG_HOME": home])
            #expect(result.status == 2)
            #expect(
                result.error.contains(
                    "config.yaml:1: there is no setting server; there are server_addr"))
        }
    }

    @Test func `one's own key signs and never leaves`() async throws {
        let folder = NSTemporaryDirectory() + "keys-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script =
            "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out own.pem && openssl pkey -in own.pem -pubout -out own.pub && openssl genpkey -algorithm ed25519 -out other.pem && openssl pkey -in other.pem -pubout -out other.pub"
        let made = try await run(URL(filePath: "/bin/bash"), ["-c", script], directory: folder)
        try #require(made.status == 0)
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("a")
            let before = try await dirctl(gateway, "verify", cid)
            #expect(before.status == 1)
            #expect(before.out.contains("not trusted\n  Reason: the record has no signatures"))
            #expect(
                try await dirctl(gateway, "sign", cid, "--key", "\(folder)/own.pem").status == 0)
            let good = try await dirctl(gateway, "verify", cid, "--key", "\(folder)/own.pub")
            #expect(good.status == 0)
            #expect(good.out.contains("Proves: signed by the given key"))
            #expect(
                try await dirctl(gateway, "verify", cid, "--key", "\(folder)/other.pub").status == 1
            )
            #expect(
                try await dirctl(gateway, "sign", cid, "--key", "\(folder)/own.pub").status == 1)
        }
    }

    @Test func `a sync is watched to its end, good or bad`() async throws {
        try await TestGateway.run { gateway in
            let address = "http://\(gateway.address)"
            let good = try await dirctl(gateway, "sync", "create", address, "--watch")
            #expect(good.status == 0)
            #expect(good.out.hasPrefix("Sync status: COMPLETED\n"))
            let bad = try await dirctl(
                gateway, "sync", "create", address, "--cids", absentCID, "--watch", "--json")
            #expect(bad.status == 1)
            #expect(bad.out.contains(#""status": "FAILED""#))
            let list = try await dirctl(gateway, "sync", "list", "-o", "raw")
            #expect(list.out.split(separator: "\n").count == 2)
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completions are made`(shell: String) async throws {
        let result = try await dirctl(nil, "completions", shell)
        #expect(result.status == 0)
        #expect(result.out.contains("dirctl"))
    }

    @Test func `every example of the README's chapter works as it stands`() async throws {
        let readme = try String(contentsOfFile: repository + "/README.md", encoding: .utf8)
        let chapter = try #require(
            readme.split(separator: "\n## ").first { $0.hasPrefix("The command line") })
        let examples = chapter.split(separator: "\n").filter { $0.hasPrefix("$ ") }
            .map { String($0.dropFirst(2)) }
        let listening = examples.filter { $0.contains("events listen") }
        #expect(listening.count == 4 && examples.count == 21)
        let folder = NSTemporaryDirectory() + "readme-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/examples", withDestinationPath: repository + "/examples")
        try await TestGateway.run { gateway in
            let environment = [
                "DIRECTORY_CLIENT_SERVER_ADDR": gateway.address, "XDG_CONFIG_HOME": "/nowhere",
                "PATH": executable("dirctl").deletingLastPathComponent().path
                    + ":/usr/local/bin:/usr/bin:/bin",
            ]
            let bash = URL(filePath: "/bin/bash")
            var jobs: [(example: String, file: String)] = []
            for (index, example) in listening.enumerated() {
                let file = example.contains("audit.jsonl") ? "audit.jsonl" : "out\(index)"
                jobs.append((example, file))
            }
            // The listeners in the background, each in a group of its own, until their output is here.
            let script = """
                set -m
                pids=()
                \(jobs.enumerated().map { "{ \($1.example); } > out\($0) 2> err\($0) & pids+=($!)" }.joined(separator: "\n"))
                read -r go
                for pid in "${pids[@]}"; do kill -- "-$pid"; done
                """
            let listeners = Process()
            let go = Pipe()
            listeners.executableURL = bash
            listeners.arguments = ["-c", script]
            listeners.environment = environment
            listeners.currentDirectoryURL = URL(filePath: folder)
            listeners.standardInput = go
            listeners.standardError = FileHandle.nullDevice
            try listeners.run()
            try await until {
                let all = try await gateway.request("GET", "/subscribers").json["subscribers"]
                return (all as? [Any])?.count == listening.count
            }
            // The others in one shell, because one sets a variable for the next.
            let sequence = examples.filter { !listening.contains($0) }.map {
                $0.replacing("http://127.0.0.1:8080", with: "http://\(gateway.address)")
            }
            let result = try await run(
                bash, ["-c", "set -euo pipefail\n" + sequence.joined(separator: "\n")],
                environment: environment, directory: folder)
            #expect(result.status == 0, "\(result.error)")
            for job in jobs {
                try await until {
                    let text = try? String(contentsOfFile: "\(folder)/\(job.file)", encoding: .utf8)
                    return text?.contains("baearei") == true
                }
            }
            try go.fileHandleForWriting.write(contentsOf: Data("go\n".utf8))
            try await blocking { listeners.waitUntilExit() }
        }
    }
}
