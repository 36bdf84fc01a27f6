import Foundation
import TestSupport
import Testing

@Suite struct DirctlPushTests {
    private let folder = NSTemporaryDirectory() + "push-\(UUID().uuidString)"

    private func file(_ name: String, _ text: String) throws -> String {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = "\(folder)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    private func remove() { try? FileManager.default.removeItem(atPath: folder) }

    @Test func `what is piped in is pushed, one record or one per line`() async throws {
        defer { remove() }
        let path = try file("a.json", record("a"))
        try await TestGateway.run { gateway in
            let pretty = record("b").replacing(",\"", with: ",\n\"") + "\n"
            let lines = "\n" + record("c") + "\r\n" + record("d") + "\n\n"
            for (arguments, input, count) in [
                (["push"], record("b"), 1), (["push", "-"], pretty, 1),
                (["push", "--stdin"], record("b"), 1), (["push"], lines, 2),
                (["push", "-"], lines, 2), (["push", path, "-"], lines, 3),
                (["push", path], "not read", 1),
            ] {
                let result = try await dirctl(
                    gateway.address, arguments + ["-o", "raw"], input: input)
                #expect(result.status == 0, "\(arguments): \(result.error)")
                #expect(result.out.split(separator: "\n").count == count, "\(arguments)")
            }
            let broken = try await dirctl(gateway, "push", input: record("e") + "\n{\n")
            #expect(broken.status == 4 && broken.error.contains("standard input:2: "))
            #expect(try await dirctl(gateway, "search", "--name", "e", "-o", "raw").out.count == 60)
        }
    }

    @Test func `the shape of JSON does not depend on the number of records`() async throws {
        defer { remove() }
        let (a, b) = (try file("a.json", record("a")), try file("b.json", record("b")))
        try await TestGateway.run { gateway in
            for (files, count) in [([a], 1), ([a, b], 2)] {
                let result = try await dirctl(gateway.address, ["push", "--json"] + files)
                let json = try JSONSerialization.jsonObject(with: Data(result.out.utf8))
                let rows = try #require(json as? [[String: Any]])
                #expect(rows.count == count)
                #expect(rows.allSatisfy { $0["cid"] is String && $0["new"] is Bool })
            }
            for names in [["a"], ["a", "b"]] {
                let result = try await dirctl(
                    gateway.address, ["routing", "publish", "--json"] + names)
                let json = try JSONSerialization.jsonObject(with: Data(result.out.utf8))
                #expect((json as? [String])?.count == names.count)
            }
        }
    }

    @Test func `versions are pulled into files or as one list`() async throws {
        defer { remove() }
        try await TestGateway.run { gateway in
            var cids: [String] = []
            for version in ["1", "2"] {
                let json = record("tutor", version: version, skills: ["s"])
                cids.append(try await gateway.post("/push", json).json["cid"] as? String ?? "")
            }
            let target = "\(folder)/out"
            let pulled = try await dirctl(
                gateway, "pull", "tutor", "--all-versions", "--output-dir", target, "-o", "raw")
            #expect(pulled.status == 0 && pulled.out.isEmpty, "\(pulled.error)")
            #expect(
                Set(try FileManager.default.contentsOfDirectory(atPath: target))
                    == Set(cids.map { "\($0).json" }))
            for (flags, count) in [
                (["--all-versions"], 2), (["--all-versions", "--limit", "1"], 1),
            ] {
                let list = try await dirctl(gateway.address, ["pull", "tutor"] + flags)
                let json = try JSONSerialization.jsonObject(with: Data(list.out.utf8))
                #expect((json as? [[String: Any]])?.count == count)
            }
            let lines = try await dirctl(gateway, "pull", "tutor", "--all-versions", "-o", "jsonl")
            #expect(lines.out.split(separator: "\n").count == 2)
            // The newest, an exact version, and a version with the cid that it must have.
            for name in ["tutor", "tutor:2", "tutor@\(cids[1])", "tutor:2@\(cids[1])", cids[1]] {
                #expect(try await dirctl(gateway, "info", name, "-o", "raw").out == "\(cids[1])\n")
            }
            let other = try await dirctl(gateway, "pull", "tutor:2@\(cids[0])")
            #expect(other.status == 3 && other.error.contains("neither a cid nor the name"))
            _ = try await dirctl(gateway, "sign", "tutor")
            let signed = try await dirctl(gateway, "pull", "tutor", "--signature", "--public-key")
            let json = try #require(
                try JSONSerialization.jsonObject(with: Data(signed.out.utf8)) as? [String: Any])
            #expect(Set(json.keys) == ["record", "signatures", "publicKeys"])
        }
    }

    @Test func `a word as long as a cid deletes nothing`() async throws {
        try await TestGateway.run { gateway in
            // base32 of this length, but no cid: its hash has another length.
            for word in [
                "b" + String(repeating: "a", count: 58),
                "baearei" + String(repeating: "b", count: 52),
                String(absentCID.dropLast()) + "9", absentCID.uppercased(),
            ] {
                for command in [["delete"], ["routing", "publish"], ["routing", "unpublish"]] {
                    let result = try await dirctl(gateway.address, command + [word])
                    #expect(result.status == 3 && result.out.isEmpty, "\(command) \(word)")
                }
                for command in ["sign", "verify", "pull", "info"] {
                    #expect(try await dirctl(gateway, command, word).status == 3)
                }
                let sync = try await dirctl(
                    gateway, "sync", "create", "http://\(gateway.address)", "--cids", word)
                #expect(sync.status == 3 && sync.error.contains("nor the name of a record at http"))
            }
            #expect(try await gateway.request("GET", "/syncs").text.contains(#""syncs":[]"#))
        }
    }

    @Test func `a sync takes the names of the other gateway's records`() async throws {
        try await TestGateway.run { remote in
            let cid = try await remote.push("tutor")
            try await TestGateway.run { gateway in
                let result = try await dirctl(
                    gateway, "sync", "create", "http://\(remote.address)", "--cids", "tutor:v1",
                    "--watch")
                #expect(result.status == 0, "\(result)")
                #expect(try await gateway.request("HEAD", "/records/\(cid)").status == 200)
                let empty = try await dirctl(
                    gateway, "sync", "create", "http://\(remote.address)", "--stdin", input: " \n")
                #expect(empty.status == 2 && empty.error.contains("standard input is empty"))
                let flag = try await dirctl(
                    gateway, "sync", "create", "http://\(remote.address)", "--cids", "")
                #expect(flag.status == 2 && flag.error.contains("--cids is empty"))
            }
        }
    }
}
