import Foundation
import TestSupport
import Testing

@Suite struct DirctlTerminalTests {
    /// A text that a terminal would obey, and how it is to be shown.
    private static let hostile = [
        "\u{061C}", "\u{200E}", "\u{200F}", "\u{202A}", "\u{202E}", "\u{2066}", "\u{2069}",
        "\u{00AD}", "\u{200B}", "\u{2028}", "\u{9B}", "\u{FEFF}", "\u{E0041}",
    ].joined()
    private static let shown =
        #"\u061c\u200e\u200f\u202a\u202e\u2066\u2069\u00ad\u200b\u2028\u009b\ufeff\udb40\udc41"#

    private static func isClean(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy {
            $0 == "\n"
                || ![.control, .format, .lineSeparator].contains($0.properties.generalCategory)
        }
    }

    @Test func `no line for people holds what a terminal would obey`() async throws {
        try await TestGateway.run { gateway in
            let name = "a\(Self.hostile)b"
            let cid = try await gateway.push(name, skill: name)
            let listening = try await Listening(gateway)
            _ = try await listening.notices(until: "\n\n")
            _ = try await gateway.push(name, skill: name)
            let event = try await listening.data(until: "\n")
            #expect(event.hasSuffix("(labels: /skills/a\(Self.shown)b)\n"), "\(event)")
            let search = try await dirctl(gateway, "search")
            let line = "\(cid)  a\(Self.shown)b v1  (labels: /skills/a\(Self.shown)b)\n"
            #expect(search.out == line)
            #expect(try await dirctl(gateway, "info", cid).out.contains("/skills/a\(Self.shown)b"))
        }
    }

    @Test func `JSON stays as it is in a pipe, and is escaped on a terminal`() async throws {
        try await TestGateway.run { gateway in
            let name = "a\(Self.hostile)\u{7F}b"
            let cid = try await gateway.push(name)
            for format in ["json", "jsonl", "raw"] {
                let arguments = ["pull", cid, "-o", format]
                let piped = try await dirctl(gateway.address, arguments)
                #expect(piped.out.contains("\u{202E}"))
                let shown = try await onTerminal(gateway, arguments)
                #expect(Self.isClean(shown), "\(shown)")
                for text in [piped.out, shown] {
                    let json = try JSONSerialization.jsonObject(with: Data(text.utf8))
                    #expect((json as? [String: Any])?["name"] as? String == name)
                }
            }
        }
    }

    @Test func `a stranger's refusal cannot command the terminal or begin a line`() async throws {
        let words =
            #"{"title":"t","status":400,"errors":[{"pointer":"/\u001b","detail":"d\nd"}]}"#
        let plain =
            #"{"title":"t","status":400,"detail":"a\u001b[2J\nError: b\u202e","remedy":"r\u0007"}"#
        let servers = try [words, plain].map {
            try ScriptedServer([
                .close(
                    "HTTP/1.1 400 X\r\nContent-Type: application/problem+json; charset=utf-8\r\nContent-Length: \($0.utf8.count)\r\n\r\n\($0)"
                )
            ])
        }
        let faults = try await dirctl(servers[0].address, ["search"])
        #expect(faults.error == "Error: the record has 1 error:\n  /\\u001b d\\nd\n")
        let detail = try await dirctl(servers[1].address, ["search"])
        #expect(detail.error == "Error: a\\u001b[2J\\nError: b\\u202e r\\u0007\n")
        #expect(detail.status == 4)
    }

    @Test func `a sync's error is one line, whatever the remote has said`() async throws {
        let sync =
            #"{"sync_id":"s","status":"FAILED","remote_directory_url":"http:\u001b[1m","created_at":"","updated_at":"","found":0,"copied":0,"present":0,"failed":0,"error":"e\n\u202ee"}"#
        let server = try ScriptedServer([
            .close("HTTP/1.1 200 OK\r\nContent-Length: \(sync.utf8.count)\r\n\r\n\(sync)")
        ])
        let result = try await dirctl(server.address, ["sync", "status", "s"])
        #expect(result.out.contains("\n  Remote:  http:\\u001b[1m\n"))
        #expect(result.out.hasSuffix("\n  Error:   e\\n\\u202ee\n"))
    }

    @Test func `many files show their progress on a terminal, and nowhere else`()
        async throws
    {
        try await TestGateway.run { gateway in
            let push = ["push", "\(repository)/examples/records/*.json", "-o", "raw", ">/dev/null"]
            let shown = try await onTerminal(gateway, push)
            #expect(shown.contains("\r\u{1B}[K[####--------------------]  16 % 1 record pushed"))
            #expect(shown.hasSuffix("6 records pushed, 0 refused\n"), "\(shown)")
            let files = try FileManager.default.contentsOfDirectory(
                atPath: repository + "/examples/records"
            ).map { "\(repository)/examples/records/\($0)" }
            let piped = try await dirctl(gateway.address, ["push"] + files)
            #expect(piped.error == "6 records pushed, 0 refused\n")
        }
    }

    /// Runs dirctl with its output on a terminal of its own.
    private func onTerminal(_ gateway: TestGateway, _ arguments: [String]) async throws -> String {
        let command = ([executable("dirctl").path] + arguments).joined(separator: " ")
        let result = try await run(
            URL(filePath: "/usr/bin/script"), ["-qec", command, "/dev/null"],
            environment: [
                "DIRECTORY_CLIENT_SERVER_ADDRESS": gateway.address, "XDG_CONFIG_HOME": "/nowhere",
            ])
        #expect(result.status == 0)
        return result.out.replacing("\r\n", with: "\n")
    }
}
