import Foundation
import TestSupport
import Testing

@Suite struct DirctlReadmeTests {
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
                "DIRECTORY_CLIENT_SERVER_ADDRESS": gateway.address, "XDG_CONFIG_HOME": "/nowhere",
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
            let listeners = ChildProcess()
            let go = ChildPipe()
            listeners.executableURL = bash
            listeners.arguments = ["-c", script]
            listeners.environment = environment
            listeners.currentDirectoryURL = URL(filePath: folder)
            listeners.standardInput = go
            listeners.standardError = ChildPipe()
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
            go.write(Data("go\n".utf8))
            try await blocking { listeners.waitUntilExit() }
        }
    }
}
