import Foundation
import TestSupport
import Testing

@Suite struct DirctlContextTests {
    /// A folder with a settings file.
    private struct Home: ~Copyable {
        let path = NSTemporaryDirectory() + "home-\(UUID().uuidString)"
        var file: String { "\(path)/dirctl/config.yaml" }

        init(_ text: String) throws {
            try FileManager.default.createDirectory(
                atPath: "\(path)/dirctl", withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: file))
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: file)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func run(_ arguments: String..., environment: [String: String] = [:]) async throws
            -> ProgramResult
        {
            try await runProgram(
                "dirctl", arguments,
                environment: ["XDG_CONFIG_HOME": path].merging(environment) { $1 })
        }

        var text: String { get throws { try String(contentsOfFile: file, encoding: .utf8) } }
    }

    private let two = """
        # mine
        current_context: dev   # for now
        contexts:
          prod:
            server_address: prod.example.com:443
            auth_mode: insecure
            auth_token: secret
            doctor: {bootstrap_peers: []}
          dev: {server_address: "127.0.0.1:1"}
        extractor: {oasf_url: x}
        """

    @Test func `contexts are listed, shown without secrets, and chosen`() async throws {
        let home = try Home(two)
        #expect(try await home.run("context", "list").out == "* dev\n  prod\n")
        #expect(try await home.run("context", "current").out == "dev\n")
        let json = try await home.run("context", "current", "--json")
        #expect(json.out.contains(#""source": "current_context""#))
        let shown = try await home.run("context", "show", "prod")
        #expect(shown.out.contains("  server_address: prod.example.com:443\n"))
        #expect(shown.out.contains("auth_token: <redacted>"))
        #expect(!shown.out.contains("secret") && !shown.error.contains("secret"))
        #expect(
            try await home.run("context", "use", "prod").out == "Switched to context \"prod\".\n")
        // Nothing else in the file has changed.
        #expect(
            try home.text == two.replacing("dev   # for now", with: "\"prod\""))
        let mode = try FileManager.default.attributesOfItem(atPath: home.file)
        #expect(mode[.posixPermissions] as? Int == 0o600)
        #expect(try await home.run("context", "set", "dev").status == 0)
        #expect(try await home.run("context", "list", "-o", "raw").out == "dev\nprod\n")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: home.path + "/dirctl").count == 1)
    }

    @Test func `a flag precedes the environment, and that the file`() async throws {
        try await TestGateway.run { gateway in
            let home = try Home(
                """
                ---
                contexts:
                  here: {server_address: "\(gateway.address)"}
                  gone: {server_address: "127.0.0.1:1"}
                server_address: 127.0.0.1:2
                """)
            let top = try await home.run("search")
            #expect(top.error.hasPrefix("Error: http://127.0.0.1:2 "))
            #expect(try await home.run("context", "use", "gone").status == 0)
            #expect(try home.text.hasPrefix("---\ncurrent_context: \"gone\"\ncontexts:\n"))
            let current = try await home.run("search")
            #expect(current.error.hasPrefix("Error: http://127.0.0.1:1 "))
            let environment = ["DIRECTORY_CLIENT_CONTEXT": "here"]
            #expect(
                try await home.run("search", environment: environment).error == "No records found\n"
            )
            let flag = try await home.run(
                "search", "--context", "gone", environment: environment)
            #expect(flag.status == 5)
            let address = try await home.run(
                "--context", "gone", "search", "--server-addr", gateway.address)
            #expect(address.status == 0)
        }
    }

    @Test func `another gateway is not used instead of an unknown context`() async throws {
        let home = try Home(two)
        for result in [
            try await home.run("search", "--context", "prd"),
            try await home.run("search", environment: ["DIRECTORY_CLIENT_CONTEXT": "prd"]),
            try await home.run("context", "use", "prd"),
        ] {
            #expect(result.status == 2)
            #expect(result.error.contains("there is no context 'prd', did you mean prod?"))
        }
        #expect(try home.text == two)
        let none = try await dirctl(nil, "context", "current")
        #expect(none.status == 0 && none.out.isEmpty)
        #expect(try await dirctl(nil, "context", "list").out.isEmpty)
    }

    @Test func `an address without a scheme means https where a setting asks for it`()
        async throws
    {
        for (settings, scheme) in [
            ("server_address: 127.0.0.1:1", "http"),
            ("server_address: 127.0.0.1:1\nauth_mode: tls", "https"),
            ("server_address: 127.0.0.1:1\nauth_mode: oidc", "https"),
            ("server_address: 127.0.0.1:1\ntls_skip_verify: true", "https"),
            ("server_address: 127.0.0.1:1\ntls_skip_verify: false", "http"),
            ("server_address: http://127.0.0.1:1\nauth_mode: tls", "http"),
            ("server_address: 127.0.0.1:443\nauth_mode: insecure", "http"),
        ] {
            let result = try await Home(settings).run("search")
            #expect(result.status == 5, "\(settings): \(result.error)")
            #expect(result.error.contains("Error: \(scheme)://127.0.0.1:"), "\(result.error)")
        }
        let mode = try await Home("auth_mode: oidc").run("search")
        #expect(mode.error.contains("auth_mode oidc is not supported here: use a token"))
    }
}
