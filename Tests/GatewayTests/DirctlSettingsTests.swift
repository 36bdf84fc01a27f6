import Foundation
import TestSupport
import Testing

@Suite struct DirctlSettingsTests {
    /// Runs a search with a settings file.
    private func search(
        _ file: String, environment: [String: String] = [:], _ flags: String...
    ) async throws -> ProgramResult {
        let home = NSTemporaryDirectory() + "home-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: home) }
        let folder = URL(filePath: home + "/dirctl")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(file.utf8).write(to: folder.appending(path: "config.yaml"))
        return try await runProgram(
            "dirctl", flags + ["search"],
            environment: ["XDG_CONFIG_HOME": home].merging(environment) { $1 })
    }

    @Test(arguments: ["server_address", "server_addr"])
    func `settings come from flags, then environment, then file`(key: String) async throws {
        try await TestGateway.run { gateway in
            let file = "\(key): \(gateway.address)\n"
            let variable = "DIRECTORY_CLIENT_\(key.uppercased())"
            #expect(try await search(file).status == 0)
            #expect(try await search(file, environment: [variable: ""]).status == 0)
            let elsewhere = [variable: "127.0.0.1:1"]
            let result = try await search(file, environment: elsewhere)
            #expect(result.status == 5)
            #expect(result.error.hasPrefix("Error: http://127.0.0.1:1 "))
            let flag = try await search(
                file, environment: elsewhere, "--server-addr", gateway.address)
            #expect(flag.status == 0)
            #expect(flag.error == "No records found\n")
        }
    }

    @Test func `the setting's own name wins over its alias, and a difference is told`()
        async throws
    {
        try await TestGateway.run { gateway in
            let name = "DIRECTORY_CLIENT_SERVER_ADDR"
            let both = [name: "127.0.0.1:1", "\(name)ESS": gateway.address]
            let result = try await search("", environment: both)
            #expect(result.status == 0)
            #expect(
                result.error
                    == "Warning: \(name)ESS is used, not \(name), which differs\nNo records found\n"
            )
            let same = [name: gateway.address, "\(name)ESS": gateway.address]
            #expect(try await search("", environment: same).error == "No records found\n")
            let file = try await search(
                "server_addr: 127.0.0.1:1\nserver_address: \(gateway.address)\n")
            #expect(file.status == 0)
            #expect(
                file.error.contains("config.yaml: server_address is used, not server_addr, which"))
        }
    }

    @Test func `what has no effect is warned of and stops nothing`() async throws {
        try await TestGateway.run { gateway in
            let result = try await search(
                """
                current_context: prod
                contexts:
                  prod: {server_address: "\(gateway.address)", oidc_issuer: x, spiffe_token: ""}
                server_address: 127.0.0.1:1
                server_adress: 127.0.0.1:1
                \u{202E}: x
                """,
                environment: [
                    "DIRECTORY_CLIENT_TIMEOT": "1s", "DIRECTORY_CLIENT_SPIFFE_TOKEN": "x",
                    "DIRECTORY_CLIENT_XYZ": "1", "DIRECTORY_CLIENTS": "1",
                    "DIRECTORY_CLIENT_timeout": "1",
                ])
            #expect(result.status == 0)
            let path = /Warning: \/[^ ]*\/config.yaml:/
            let lines = result.error.split(separator: "\n").map { $0.replacing(path, with: "@") }
            #expect(
                lines == [
                    "@3: oidc_issuer is a setting of another client and has no effect here",
                    "@5: there is no setting server_adress, did you mean server_address?",
                    "@6: there is no setting \\u202e; it has no effect",
                    "Warning: DIRECTORY_CLIENT_SPIFFE_TOKEN is a setting of another client and has no effect here",
                    "Warning: there is no setting DIRECTORY_CLIENT_TIMEOT, did you mean DIRECTORY_CLIENT_TIMEOUT?",
                    "Warning: there is no setting DIRECTORY_CLIENT_XYZ; it has no effect",
                    "Warning: there is no setting DIRECTORY_CLIENT_timeout, did you mean DIRECTORY_CLIENT_TIMEOUT?",
                    "No records found",
                ])
        }
    }

    @Test(
        "a file that cannot be meant stops the program",
        arguments: ["server_address: [1]", "a: b: c", "- x"])
    func broken(_ file: String) async throws {
        #expect(try await search(file).status == 2)
    }
}
