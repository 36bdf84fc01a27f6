import Foundation
import TestSupport
import Testing

@Suite struct DirctlTests {
    @Test func `each fault has its exit code and one line that says what to do`() async throws {
        let broken = NSTemporaryDirectory() + "broken-\(UUID().uuidString).json"
        try Data("{\"a\":".utf8).write(to: URL(filePath: broken))
        defer { try? FileManager.default.removeItem(atPath: broken) }
        let other = try ScriptedServer([
            .close("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        ])
        let strict = try ScriptedServer([.status(401)])
        let page = try ScriptedServer([
            .close("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n")
        ])
        let absent = "baeareibgbyis3erzj6aswtu5j7pmukkeuqghfbt7pdegjgcoea5dueb4te"
        try await TestGateway.run { gateway in
            let cases: [([String], String, Int32, String)] = [
                (["search"], "127.0.0.1:1", 5, "is the gateway running there?"),
                (["events", "listen"], "127.0.0.1:1", 5, "is the gateway running there?"),
                (["search"], other.address, 5, "is not a Directory Gateway"),
                (["events", "listen"], strict.address, 4, "Use a token"),
                (["search"], "ft p://x", 2, "write it as http://127.0.0.1:8080"),
                (
                    ["events", "listen", "--types", "RECORD_PUSHD"], gateway.address, 2,
                    "did you mean RECORD_PUSHED?"
                ),
                (["push", "/no/such/file"], gateway.address, 1, "/no/such/file cannot be read"),
                (["push", broken], gateway.address, 4, "\(broken): "),
                (["validate", broken], "", 1, "\(broken): not a record"),
                (["pull", "baeareinone"], gateway.address, 3, "dirctl search"),
                (["info", absent], gateway.address, 3, "is stored here"),
                (["info", absent], page.address, 5, "is not a Directory Gateway"),
                (["info", absent], "\(gateway.address)/base", 5, "check the address and its path"),
                (["search"], "\(gateway.address)/base", 5, "it does not offer this operation"),
                (["pull", absent], "\(gateway.address)/base", 5, "is not a Directory Gateway"),
                (["routing", "publish", "baeareinone"], gateway.address, 3, "baeareinone"),
                (["routing", "publish", absent], gateway.address, 3, absent),
                (["sync", "status", "none"], gateway.address, 3, "no sync none"),
                (
                    ["sync", "create", "http://169.254.169.254"], gateway.address, 4,
                    "may not be reached"
                ),
                (["search", "--limit=-1"], gateway.address, 2, "--limit must not be negative"),
                (["delete"], gateway.address, 2, "no record is named"),
                (["search", "--timeout", "soon"], gateway.address, 2, "use 500ms, 30s or 2m"),
                (["search", "--timeout", "2147483647m"], gateway.address, 2, "24 hours at most"),
                (["search", "--timeout", "99999999999999999999"], gateway.address, 2, "24 hours"),
                (
                    ["search", "--tls-ca-file", "/no/such"], gateway.address, 2,
                    "the file /no/such of authorities"
                ),
                (["search", "--json", "-o", "raw"], gateway.address, 2, "cannot be combined"),
                (
                    ["bogus"], gateway.address, 2,
                    "there is no command 'bogus' of dirctl: 'dirctl --help'"
                ),
                (["psuh"], gateway.address, 2, "did you mean 'dirctl push'?"),
                (["--timeout", "1s", "events", "listn"], "", 2, "'dirctl events listen'?"),
                (["publish", "x"], "", 2, "did you mean 'dirctl routing publish'?"),
                (["events", "listen", "--types", ""], gateway.address, 2, "--types is empty"),
                (["search", "--name", ""], gateway.address, 2, "--name is empty"),
                (["search", "--skill", " ,"], gateway.address, 2, "--skill is empty"),
                (["routing", "publish", "--label", ""], gateway.address, 2, "--label is empty"),
                (["search"], "https://\(gateway.address)", 5, "no TLS connection"),
            ]
            for (arguments, address, code, words) in cases {
                let result = try await dirctl(address, arguments)
                #expect(result.status == code, "\(arguments): \(result)")
                #expect(result.error.contains(words), "\(arguments): \(result.error)")
                #expect(result.out.isEmpty)
                let lines = result.error.split(separator: "\n")
                #expect(
                    lines.count == 1 || result.error.contains("--help' for more information"),
                    "\(result.error)")
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
                    "standard input:2: the record has 7 errors:\n  /version is required\n"))
            #expect(result.error.hasSuffix("2 records pushed, 1 refused\n"))
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
            // The key came with the record: nothing is proved of who has signed.
            let intact = try await dirctl(gateway, "verify", cid)
            #expect(intact.status == 0)
            #expect(
                intact.out.hasPrefix(
                    "Record signature is: valid, key unknown\n  The signer was not checked: --key FILE"
                ))
            #expect(
                try await dirctl(gateway, "verify", cid, "-o", "raw").out == "valid, key unknown\n")
            let good = try await dirctl(gateway, "verify", cid, "--key", "\(folder)/own.pub")
            #expect(good.status == 0)
            #expect(good.out.hasPrefix("Record signature is: trusted\n"))
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
            let cids = ["a", "e"].map { "baearei" + String(repeating: $0, count: 52) }
                .joined(separator: ",")
            let bad = try await dirctl(
                gateway, "sync", "create", address, "--cids", cids, "--watch", "--json")
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

    @Test func `every command's help shows an example`() async throws {
        let dump = try await dirctl(nil, "--experimental-dump-help")
        let root = try #require(
            try JSONSerialization.jsonObject(with: Data(dump.out.utf8)) as? [String: Any])
        var count = 0
        func check(_ command: [String: Any], below path: String) {
            let name = path + (command["commandName"] as? String ?? "")
            guard !name.hasSuffix("help") else { return }
            count += 1
            let text = command["discussion"] as? String ?? ""
            let examples = text.split(separator: "\n")
                .filter { $0.hasPrefix("  ") && $0.contains(name) }
            #expect(!examples.isEmpty, "\(name): \(text)")
            #expect(text.contains("Example"), "\(name)")
            // The help is wrapped at 80 columns.
            #expect(examples.allSatisfy { $0.count <= 80 }, "\(name): \(text)")
            for command in command["subcommands"] as? [[String: Any]] ?? [] {
                check(command, below: "\(name) ")
            }
        }
        check(try #require(root["command"] as? [String: Any]), below: "")
        #expect(count == 41)
    }
}
