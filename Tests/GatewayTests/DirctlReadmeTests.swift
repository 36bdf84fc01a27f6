import Foundation
import TestSupport
import Testing

@Suite struct DirctlReadmeTests {
    @Test func `every example of the README's chapter works as it stands`() async throws {
        let readme = try String(contentsOfFile: repository + "/README.md", encoding: .utf8)
        let chapter = try #require(
            readme.split(separator: "\n## ").first { $0.hasPrefix("The command line") })
        try await run(String(chapter), examples: 9, listeners: 1)
    }

    @Test func `every example of the page about dirctl works as it stands`() async throws {
        let page = try String(contentsOfFile: repository + "/docs/dirctl.md", encoding: .utf8)
        try await run(page, examples: 56, listeners: 4)
        // Every command is on the page.
        let help = try await dirctl(nil, "--experimental-dump-help")
        let root = try JSONSerialization.jsonObject(with: Data(help.out.utf8)) as? [String: Any]
        func check(_ command: [String: Any], _ path: String) {
            let name = path + (command["commandName"] as? String ?? "")
            let below = command["subcommands"] as? [[String: Any]] ?? []
            if below.isEmpty, !name.hasSuffix("help") { #expect(page.contains(name), "\(name)") }
            for command in below { check(command, "\(name) ") }
        }
        check(root?["command"] as? [String: Any] ?? [:], "")
    }

    /// Runs the lines with `$ ` of a text: those that listen in the background, the others in one
    /// shell, because one sets a variable for the next.
    private func run(_ text: String, examples count: Int, listeners: Int) async throws {
        let examples = text.split(separator: "\n").filter { $0.hasPrefix("$ ") }
            .map { String($0.dropFirst(2)) }
        let listening = examples.filter { $0.contains("events listen") }
        #expect(listening.count == listeners && examples.count == count, "\(examples.count)")
        let folder = NSTemporaryDirectory() + "readme-\(UUID().uuidString)"
        let settings = "\(folder)/.config/dirctl"
        try FileManager.default.createDirectory(atPath: settings, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/examples", withDestinationPath: repository + "/examples")
        // A page that shows a settings file means it.
        if let start = text.range(of: "```yaml\n"),
            let end = text.range(of: "```", range: start.upperBound..<text.endIndex)
        {
            try Data(text[start.upperBound..<end.lowerBound].utf8)
                .write(to: URL(filePath: "\(settings)/config.yaml"))
        }
        try await TestGateway.run(["events.history.max_events": "1000"]) { gateway in
            let environment = [
                "DIRECTORY_CLIENT_SERVER_ADDRESS": gateway.address, "HOME": folder,
                "XDG_CONFIG_HOME": "", "DIRECTORY_CLIENT_AUTH_TOKEN": "unused",
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
            let children = ChildProcess()
            let go = ChildPipe()
            children.executableURL = bash
            children.arguments = ["-c", script]
            children.environment = environment
            children.currentDirectoryURL = URL(filePath: folder)
            children.standardInput = go
            children.standardError = ChildPipe()
            try children.run()
            try await until {
                let all = try await gateway.request("GET", "/subscribers").json["subscribers"]
                return (all as? [Any])?.count == listening.count
            }
            let sequence = examples.filter { !listening.contains($0) }.map {
                $0.replacing("http://127.0.0.1:8080", with: "http://\(gateway.address)")
            }
            let result = try await GatewayTests.run(
                bash, ["-c", "set -euo pipefail\n" + sequence.joined(separator: "\n")],
                environment: environment, directory: folder)
            #expect(result.status == 0, "\(result.error)")
            for job in jobs {
                try await until {
                    let text = try? String(contentsOfFile: "\(folder)/\(job.file)", encoding: .utf8)
                    return text?.contains("baearei") == true
                }
            }
            go.write(Data("go\n".utf8))
            try await blocking { children.waitUntilExit() }
        }
    }
}
