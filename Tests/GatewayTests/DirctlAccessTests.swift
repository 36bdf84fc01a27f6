import Authentication
import Foundation
import TestSupport
import Testing

/// Tokens and TLS, from the command line.
@Suite struct DirctlAccessTests {
    private let token = OpaqueToken()

    private var settings: [String: String] {
        let hash = token.hash.bytes.map { String(UInt16($0) + 256, radix: 16).suffix(2) }.joined()
        return [
            "auth.mode": "token",
            "auth.tokens": "name=reader sha256=\(hash) scopes=records:read",
        ]
    }

    @Test func `what is missing is said in the words of the command line`() async throws {
        try await TestGateway.run(settings) { gateway in
            for (arguments, scope) in [
                (["search"], "records:read"), (["events", "listen"], "events:read"),
                (
                    ["push", "\(repository)/examples/records/campus-tutor-0.8.0.json"],
                    "records:write"
                ),
                (["delete", absentCID], "records:write"), (["info", absentCID], "records:read"),
                (["verify", absentCID], "records:read"),
                (["sync", "create", "http://127.0.0.1:1"], "records:write"),
            ] {
                let result = try await dirctl(gateway.address, arguments)
                #expect(result.status == 4, "\(arguments): \(result)")
                let words =
                    "Use a token with the scope \(scope): --token, --token-file, DIRECTORY_CLIENT_AUTH_TOKEN, or auth_token in the settings file; on the gateway's machine 'dir-gateway token create --subject NAME --scopes \(scope)' makes one."
                #expect(result.error.contains(words), "\(arguments): \(result.error)")
                #expect(!result.error.contains("Authorization") && !result.error.contains("GET "))
            }
            let lacking = try await dirctl(gateway, "delete", absentCID, "--token", token.text)
            #expect(lacking.status == 4)
            #expect(
                lacking.error
                    == "Error: The token lacks the scope records:write. Use a token that has the scope records:write; on the gateway's machine 'dir-gateway token create --subject NAME --scopes records:write' makes one.\n"
            )
            let wrong = try await dirctl(gateway, "search", "--token", "dgt_wrong")
            #expect(wrong.status == 4 && !wrong.error.contains("dgt_wrong"))
        }
    }

    @Test func `a token comes from a flag, a file, the environment or the settings file`()
        async throws
    {
        let home = NSTemporaryDirectory() + "home-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: home) }
        let folder = "\(home)/dirctl"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let file = "\(folder)/token"
        try Data("\(token.text)\n".utf8).write(to: URL(filePath: file))
        let variable = "DIRECTORY_CLIENT_AUTH_TOKEN"
        try await TestGateway.run(settings) { gateway in
            let works: [([String], [String: String])] = [
                (["--token", token.text], [:]), (["--auth-token", token.text], [:]),
                (["--token-file", file], [:]), ([], [variable: token.text]),
                ([], ["\(variable)_FILE": file]),
                // The nearer source decides, whether it names the token or its file.
                (["--token-file", file], [variable: "wrong"]),
                (["--token", token.text], ["\(variable)_FILE": "/no/such"]),
            ]
            for (flags, environment) in works {
                let result = try await dirctl(
                    gateway.address, ["search"] + flags, environment: environment)
                #expect(result.status == 0, "\(flags) \(environment): \(result.error)")
            }
            try Data("auth_token_file: \(file)\n".utf8)
                .write(to: URL(filePath: "\(folder)/config.yaml"))
            let configured = try await dirctl(
                gateway.address, ["search"], environment: ["XDG_CONFIG_HOME": home])
            #expect(configured.status == 0, "\(configured.error)")
            let empty = try await dirctl(gateway, "search", "--token", "")
            #expect(empty.status == 2 && empty.error.contains("the token is empty"))
            let missing = try await dirctl(gateway, "search", "--token-file", "/no/such")
            #expect(missing.status == 1 && missing.error.contains("/no/such cannot be read"))
        }
    }

    @Test func `the gateway's certificate is checked, unless that is not wanted`() async throws {
        let files = try SelfSigned()
        let settings = ["tls.certificate": files.certificate, "tls.key": files.key]
        try await TestGateway.run(settings) { gateway in
            let address = "localhost:\(gateway.address.split(separator: ":")[1])"
            #expect(try await dirctl("https://\(address)", ["search"]).status == 5)
            for flag in ["--tls-ca-file", "--tls-ca"] {
                let trusted = try await dirctl(address, ["search", flag, files.certificate])
                #expect(trusted.status == 0, "\(trusted.error)")
            }
            let unchecked = try await dirctl(address, ["search", "--tls-skip-verify"])
            #expect(unchecked.status == 0)
            #expect(unchecked.error.contains("the certificate of the gateway is not checked"))
        }
    }

    @Test func `a client certificate proves who comes`() async throws {
        let (server, client) = (try SelfSigned(), try SelfSigned())
        let settings = [
            "tls.certificate": server.certificate, "tls.key": server.key,
            "tls.client_ca": client.certificate, "tls.client_certificates": "optional",
            "auth.mode": "token", "auth.certificates": "localhost=records:read",
        ]
        try await TestGateway.run(settings) { gateway in
            let address = "localhost:\(gateway.address.split(separator: ":")[1])"
            let trust = ["search", "--tls-ca-file", server.certificate]
            let files = ["--tls-cert-file", client.certificate, "--tls-key-file", client.key]
            let known = try await dirctl(address, trust + files)
            #expect(known.status == 0, "\(known.error)")
            #expect(try await dirctl(address, trust).status == 4)
            let half = try await dirctl(address, trust + Array(files.prefix(2)))
            #expect(half.status == 2 && half.error.contains("only useful together"))
            let swapped = ["--tls-cert-file", client.key, "--tls-key-file", client.certificate]
            let wrong = try await dirctl(address, trust + swapped)
            #expect(wrong.status == 2 && wrong.error.contains("\(client.key) cannot be used"))
        }
    }
}
