import Foundation
import TestSupport
import Testing

/// `dir-gateway backup`, `restore`, `check` and `version`, as an operator runs them.
@Suite struct StoreCommandTests {
    private let directory = NSTemporaryDirectory() + "stores-\(UUID().uuidString)"
    private var copy: String { directory + "-copy.sqlite" }

    private func command(_ arguments: String..., in directory: String? = nil) async throws
        -> ProgramResult
    {
        try await runProgram(
            "dir-gateway", arguments + ["--data-dir", directory ?? self.directory])
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
    }

    private func names(_ gateway: TestGateway) async throws -> [String] {
        let page = try await gateway.request("GET", "/records").json
        return (page["records"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
    }

    @Test func `a backup is made while the gateway runs, and restored when it does not`()
        async throws
    {
        try await TestGateway.run(["data_dir": directory]) { gateway in
            try await gateway.push("before")
            let made = try await command("backup", copy)
            #expect(made.status == 0, "\(made.error)")
            #expect(try mode(copy) == 0o600)
            try await gateway.push("after")
            let refused = try await command("restore", copy)
            #expect(refused.status == 1)
            #expect(refused.error.contains("another gateway uses \(directory)"))
            #expect(try await names(gateway) == ["after", "before"])
        }
        // The directory of the first gateway is gone: one is made.
        let made = try await command("restore", copy)
        #expect(made.status == 0, "\(made.error)")
        try await TestGateway.run(["data_dir": directory]) { (gateway) async throws in
            #expect(try await names(gateway) == ["before"])
            #expect(try await gateway.request("GET", "/readyz").status == 200)
        }
    }

    @Test func `the store that was there is kept`() async throws {
        let other = directory + "-other"
        let program = try await command("token", "create", "--subject", "a", "--scopes", "admin")
        #expect(program.status == 0)
        #expect(try await command("backup", copy).status == 0)
        #expect(
            try await command("token", "create", "--subject", "b", "--scopes", "admin").status == 0)
        let restored = try await command("restore", copy)
        #expect(restored.status == 0, "\(restored.error)")
        let listed = try await command("token", "list").out
        #expect(listed.contains(" a ") && !listed.contains(" b "))
        let kept = try #require(
            restored.out.firstMatch(of: /is now (.*before-restore-\d+)\n/)
        ).1
        // The kept store is whole: it can be restored elsewhere.
        let again = try await command("restore", String(kept), in: other)
        #expect(again.status == 0, "\(again.error)")
        #expect(try await command("token", "list", in: other).out.contains(" b "))
        #expect(try await command("check", in: other).status == 0)
    }

    @Test func `the files of a store are for their owner only`() async throws {
        try await TestGateway.run(["data_dir": directory]) { gateway in
            try await gateway.push("a")
            #expect(try mode(directory) == 0o700)
            for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
                #expect(try mode(directory + "/" + name) == 0o600, "\(name)")
            }
        }
    }

    @Test func `the files of an older store lose the rights of others`() async throws {
        #expect(try await command("token", "list").status == 0)
        let file = directory + "/directory.sqlite"
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        try await TestGateway.run(["data_dir": directory]) { (_) async throws in
            #expect(try mode(file) == 0o600)
        }
    }

    @Test func `a backup replaces a backup, and nothing else`() async throws {
        #expect(try await command("token", "list").status == 0)
        for _ in 0..<2 { #expect(try await command("backup", copy).status == 0) }
        let text = directory + "-notes.txt"
        try "precious".write(toFile: text, atomically: true, encoding: .utf8)
        let cases = [
            (text, "is not a backup"), (directory, "is not a file"),
            (directory + "/directory.sqlite", "is the store itself"),
            (directory + "-no/such/file", "cannot be copied"),
        ]
        for (target, reason) in cases {
            let refused = try await command("backup", target)
            #expect(refused.status == 1, "\(target)")
            #expect(refused.error.contains(reason), "\(refused.error)")
        }
        #expect(try String(contentsOfFile: text, encoding: .utf8) == "precious")
        let empty = try await command("backup", copy, in: directory + "-empty")
        #expect(empty.status == 1 && empty.error.contains("there is no store"))
        let folder = URL(filePath: copy).deletingLastPathComponent().path
        let left = try FileManager.default.contentsOfDirectory(atPath: folder)
        let name = URL(filePath: copy).lastPathComponent
        #expect(left.filter { $0.hasPrefix(name) } == [name], "nothing partial is left")
    }

    @Test func `what is no store, or damaged, is not restored`() async throws {
        #expect(try await command("token", "list").status == 0)
        #expect(try await command("backup", copy).status == 0)
        let text = directory + "-notes.txt"
        try String(repeating: "no database ", count: 100).write(
            toFile: text, atomically: true, encoding: .utf8)
        var bytes = try Data(contentsOf: URL(filePath: copy))
        bytes.replaceSubrange(4096..<bytes.count, with: Data(count: bytes.count - 4096))
        let broken = directory + "-broken.sqlite"
        try bytes.write(to: URL(filePath: broken))
        let before = try Data(contentsOf: URL(filePath: directory + "/directory.sqlite"))
        for (file, reason) in [
            (text, "is not an SQLite database"), (broken, "damaged"),
            (directory + "-missing", "there is no file"),
            (directory + "/directory.sqlite", "is the store itself"),
        ] {
            let refused = try await command("restore", file)
            #expect(refused.status == 1, "\(file)")
            #expect(refused.error.contains(reason), "\(refused.error)")
        }
        let after = try Data(contentsOf: URL(filePath: directory + "/directory.sqlite"))
        #expect(before == after)
    }

    @Test func `the verbs describe themselves`() async throws {
        let version = try await runProgram("dir-gateway", ["version"])
        let flag = try await runProgram("dir-gateway", ["--version"])
        #expect(version.status == 0 && version.out == flag.out)
        for verb in ["backup", "restore", "check", "version"] {
            let help = try await runProgram("dir-gateway", [verb, "--help"])
            #expect(help.status == 0)
            #expect(help.out.contains("Example: dir-gateway \(verb)"), "\(verb)")
        }
    }
}
