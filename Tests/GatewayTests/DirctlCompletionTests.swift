import Foundation
import TestSupport
import Testing

/// What a shell asks the program when Tab is pressed (swift-argument-parser's own protocol).
@Suite struct DirctlCompletionTests {
    private func complete(
        _ address: String, _ argument: String, after words: [String], _ prefix: String
    ) async throws -> [String] {
        let commands = words.dropFirst().prefix { !$0.hasPrefix("-") }
        let result = try await dirctl(
            address,
            ["---completion"] + commands + [
                "--", argument, String(words.count), String(prefix.utf8.count),
            ] + words + [prefix])
        #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
        return result.out.split(separator: "\n").map(String.init)
    }

    @Test func `names, cids, syncs and types are offered`() async throws {
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("tutor")
            try await gateway.push("Tutorial")
            try await gateway.push("pilot")
            let names = try await complete(
                gateway.address, "positional@0", after: ["dirctl", "pull"], "tut")
            #expect(Set(names) == ["tutor", "Tutorial"])
            let cids = try await complete(
                gateway.address, "positional@0", after: ["dirctl", "delete"],
                String(cid.prefix(20)))
            #expect(cids.contains(cid))
            let sync = try await dirctl(
                gateway, "sync", "create", "http://\(gateway.address)", "-o", "raw"
            ).out.split(separator: "\n").map(String.init)
            #expect(
                try await complete(
                    gateway.address, "positional@0", after: ["dirctl", "sync", "status"], "")
                    == sync)
            let resources = try await complete(
                gateway.address, "--cids", after: ["dirctl", "events", "listen", "--cids"], "")
            #expect(Set(resources).isSuperset(of: [cid, sync[0]]))
            let types = try await complete(
                "127.0.0.1:1", "--types", after: ["dirctl", "events", "listen", "--types"],
                "RECORD_PUSHED,")
            #expect(types.count == 10 && types.contains("RECORD_PUSHED,SYNC_FAILED"))
            // The command line names another gateway than the environment.
            let elsewhere = try await complete(
                "127.0.0.1:1", "positional@0",
                after: ["dirctl", "info", "--server-addr", gateway.address], "pil")
            #expect(elsewhere == ["pilot"])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a gateway that is away or says nothing offers nothing`() async throws {
        let silent = try ScriptedServer([.hold("")])
        for address in ["127.0.0.1:1", silent.address, "ftp://x"] {
            let found = try await complete(
                address, "positional@0", after: ["dirctl", "pull"], "x")
            #expect(found.isEmpty)
        }
    }
}
