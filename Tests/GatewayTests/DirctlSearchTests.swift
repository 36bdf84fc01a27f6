import Foundation
import TestSupport
import Testing

@Suite struct DirctlSearchTests {
    /// Pushes a record with members of its own.
    private func push(_ gateway: TestGateway, _ json: String) async throws -> String {
        let answer = try await gateway.post("/push", json)
        return try #require(answer.json["cid"] as? String, "\(answer.text)")
    }

    private func full(
        _ name: String, author: String, version: String = "1.0.0", created: String = "2025-10-18",
        schema: String = "1.0.0", skill: String = "nlp/text", id: Int = 10201, team: String = "blue"
    ) -> String {
        """
        {"name":"\(name)","version":"\(version)","schema_version":"\(schema)",\
        "description":"Helps with \(name) daily","authors":["\(author)"],\
        "created_at":"\(created)T14:23:15Z","skills":[{"name":"\(skill)","id":\(id)}],\
        "domains":[{"name":"education","id":7}],"annotations":{"team":"\(team)"}}
        """
    }

    @Test func `every filter finds what it names, and its exclusion the others`() async throws {
        try await TestGateway.run { gateway in
            let a = try await push(gateway, full("example.org/a", author: "Ann Lee"))
            let b = try await push(
                gateway,
                full(
                    "example.org/b", author: "Bob", version: "2.1.0", created: "2026-02-01",
                    schema: "0.8.0", skill: "vision/faces", id: 77, team: "red"))
            func search(_ flags: [String]) async throws -> [String] {
                let result = try await dirctl(gateway.address, ["search", "-o", "raw"] + flags)
                #expect(result.status == 0, "\(flags): \(result.error)")
                return result.out.split(separator: "\n").map(String.init)
            }
            for (flag, item) in [
                ("name", "EXAMPLE.org/a"), ("name", "*/a"), ("version", "1.*"),
                ("version", "<2"), ("version", "=1.0.0"), ("schema-version", "1.0.0"),
                ("schema-version", ">=1"), ("created-at", "2025-*"), ("created-at", "<2026"),
                ("author", "ann"), ("author", "Ann*"), ("skill", "nlp"), ("skill", "*text"),
                ("skill-id", "10201"), ("annotation", "team:blue"), ("annotation", "*:BLUE"),
                ("label", "/skills/nlp"),
            ] {
                #expect(try await search(["--\(flag)", item]) == [a], "--\(flag) \(item)")
                #expect(
                    try await search(["--exclude-\(flag)", item]) == [b], "--exclude-\(flag)")
            }
            for (flag, item) in [("domain", "education"), ("domain-id", "7"), ("author", "b,ann")] {
                #expect(try await search(["--\(flag)", item]) == [b, a])
                #expect(try await search(["--exclude-\(flag)", item]).isEmpty)
            }
            // Limits hold together.
            #expect(try await search(["--version", ">=1", "--version", "<2"]) == [a])
            #expect(try await search(["--author", "bob", "--skill", "nlp"]).isEmpty)
            // Looking at content is no pull.
            let pulled = try await gateway.request("GET", "/metrics").text
            #expect(!pulled.contains(#"type="RECORD_PULLED"} 2"#))
        }
    }

    @Test func `words are looked for in name, description, authors and skills`() async throws {
        try await TestGateway.run { gateway in
            let a = try await push(gateway, full("example.org/tutor", author: "Ann"))
            let b = try await push(gateway, full("example.org/pilot", author: "Bob", skill: "fly"))
            for (words, found) in [
                (["tutor"], [a]), (["TUTOR", "ann"], [a]), (["daily"], [b, a]), (["bob"], [b]),
                (["nlp"], [a]), (["tutor pilot"], []), (["no such"], []),
            ] {
                let result = try await dirctl(gateway.address, ["search", "-o", "raw"] + words)
                #expect(result.out.split(separator: "\n").map(String.init) == found, "\(words)")
            }
        }
    }

    @Test func `a list has a window, an order and a content`() async throws {
        try await TestGateway.run { gateway in
            var cids: [String] = []
            for name in ["b", "c", "a"] { cids.append(try await gateway.push(name)) }
            func search(_ flags: String...) async throws -> [String] {
                let result = try await dirctl(gateway.address, ["search", "-o", "raw"] + flags)
                return result.out.split(separator: "\n").map(String.init)
            }
            #expect(try await search("--limit", "0") == cids.reversed())
            #expect(try await search("--limit", "1", "--offset", "1") == [cids[1]])
            #expect(try await search("--offset", "9").isEmpty)
            #expect(try await search("--sort", "name") == [cids[2], cids[0], cids[1]])
            #expect(
                try await search("--sort", "name", "--limit", "1", "--offset", "2") == [cids[1]])
            let more = try await dirctl(gateway, "search", "--limit", "2")
            #expect(more.error.contains("--limit (now 2) sets how many"))
            let popular = try await dirctl(gateway, "search", "--sort", "popularity")
            #expect(popular.status == 0 && popular.error.contains("is not supported"))
            #expect(try await dirctl(gateway, "search", "--sort", "nam").status == 2)
            let plain = try await dirctl(gateway, "search", "--format", "cid", "--limit", "1")
            #expect(plain.out == "\(cids[2])\n")
            for limit in ["1", "3"] {
                let result = try await dirctl(
                    gateway, "search", "--format", "record", "--json", "--limit", limit)
                let json = try JSONSerialization.jsonObject(with: Data(result.out.utf8))
                #expect((json as? [[String: Any]])?.count == Int(limit))
                #expect((json as? [[String: Any]])?.first?["name"] as? String == "a")
            }
            let verified = try await dirctl(gateway, "search", "--verified")
            #expect(verified.status == 2 && verified.error.contains("--verified is not supported"))
            let short = try await dirctl(gateway, "search", "--limit", "1")
            #expect(short.out == "\(cids[2])  a v1  (labels: /skills/s)\n")
            let wide = try await dirctl(gateway, "search", "--wide", "--limit", "1")
            #expect(wide.out.contains("not published") && wide.out.contains("(labels: /skills/s)"))
        }
    }

    @Test func `published records are listed, counted and ranked`() async throws {
        try await TestGateway.run { gateway in
            let both = try await push(gateway, full("x", author: "a"))
            let one = try await push(gateway, full("y", author: "a", skill: "fly"))
            let hidden = try await push(gateway, full("z", author: "a"))
            _ = try await gateway.post("/publish", #"{"cids":["\#(both)","\#(one)"]}"#)
            func routing(_ flags: String...) async throws -> String {
                try await dirctl(gateway.address, ["routing"] + flags).out
            }
            #expect(try await routing("list", "-o", "raw", "--cid", "x") == "\(both)\n")
            #expect(try await routing("list", "-o", "raw", "--cid", hidden).isEmpty)
            #expect(
                try await routing("list", "-o", "raw", "--limit", "0") == "\(one)\n\(both)\n")
            let found = try await routing("search", "--skill", "nlp", "--domain", "education")
            #expect(found == "2  \(both)  x 1.0.0\n1  \(one)  y 1.0.0\n")
            #expect(
                try await routing("search", "education", "nlp", "--min-score", "2", "-o", "raw")
                    == "\(both)\n")
            let info = try await routing("info")
            #expect(info.hasPrefix("Published records: 2\nskills: 2\n"))
            #expect(info.contains("domains: 1\n  2  /domains/education\n"))
            let json = try await routing("info", "--json")
            #expect(json.contains("\"records\": 2"))
            #expect(try await dirctl(gateway, "routing", "search").status == 2)
        }
    }

    @Test func `everything is published only after an answer`() async throws {
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("a")
            let silent = try await dirctl(gateway, "routing", "publish", "--all", input: "y\n")
            #expect(silent.status == 2 && silent.error.contains("use --yes"))
            #expect(try await dirctl(gateway, "routing", "list").out.isEmpty)
            for (answer, status) in [("n", 1), ("", 1), ("yes", 0)] {
                // A terminal of its own, with the answer typed into it.
                let command = executable("dirctl").path + " routing publish --all -o raw"
                let result = try await run(
                    URL(filePath: "/usr/bin/script"), ["-qec", command, "/dev/null"],
                    environment: [
                        "DIRECTORY_CLIENT_SERVER_ADDRESS": gateway.address,
                        "XDG_CONFIG_HOME": "/nowhere",
                    ], input: "\(answer)\n")
                #expect(result.status == status, "\(answer): \(result)")
                #expect(result.out.contains("[y/N]"))
                let listed = try await dirctl(gateway, "routing", "list", "-o", "raw").out
                #expect(listed == (status == 0 ? "\(cid)\n" : ""))
            }
            #expect(
                try await dirctl(gateway, "routing", "publish", "--all", "-y", "-o", "raw").out
                    == "\(cid)\n")
        }
    }

    @Test func `a number of records that is not exact is said to be the least`() async throws {
        let record =
            #"{"cid":"\#(absentCID)","name":"n","version":"v","schema_version":"1.0.0","created_at":"","pushed_at":"","size":1,"published":true,"labels":[]}"#
        let page = #"{"records":[\#(record)],"next":"x","total":5000,"total_exact":false}"#
        let server = try ScriptedServer([
            .close(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(page.utf8.count)\r\n\r\n\(page)"
            )
        ])
        let result = try await dirctl(server.address, ["search", "--limit", "1"])
        #expect(result.out == "\(absentCID)  n v\n")
        #expect(
            result.error
                == "1 of more than 5000 records are shown; --limit (now 1) sets how many, 0 all.\n")
    }

    @Test func `short lines have a few labels without the middle of their path`() async throws {
        try await TestGateway.run { gateway in
            let cid = try await push(
                gateway, record("n", skills: ["a/b/c/d", "a/b", "a", "x/y/z", "w"]))
            let listening = try await Listening(gateway)
            _ = try await listening.notices(until: "\n\n")
            _ = try await push(
                gateway, record("n", skills: ["a/b/c/d", "a/b", "a", "x/y/z", "w"]))
            let labels = "(labels: /skills/…/d, /skills/…/b, /skills/a, +2)\n"
            #expect(try await listening.data(until: "\n").hasSuffix(": \(cid) \(labels)"))
            #expect(try await dirctl(gateway, "search").out == "\(cid)  n v1  \(labels)")
            let wide = try await dirctl(gateway, "search", "--wide").out
            #expect(
                wide.contains("/skills/a/b/c/d, /skills/a/b, /skills/a, /skills/x/y/z, /skills/w"))
        }
    }
}
