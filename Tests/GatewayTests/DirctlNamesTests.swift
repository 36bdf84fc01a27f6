import Foundation
import TestSupport
import Testing

@Suite struct DirctlNamesTests {
    private let absent = "baearei" + String(repeating: "a", count: 52)

    @Test func `every command that takes a record takes its name`() async throws {
        try await TestGateway.run { gateway in
            let older = try await gateway.push("tutor", skill: "x")
            let cid = try await gateway.push("tutor")
            #expect(try await dirctl(gateway, "info", "tutor", "-o", "raw").out == "\(cid)\n")
            #expect(try await dirctl(gateway, "sign", "tutor:v1").status == 0)
            #expect(try await dirctl(gateway, "verify", "tutor").status == 0)
            let routing = ["routing", "publish"]
            #expect(
                try await dirctl(gateway.address, routing + ["tutor", older]).out
                    == "Published record with CID: \(cid)\nPublished record with CID: \(older)\n")
            #expect(
                try await dirctl(gateway, "routing", "unpublish", "tutor", "-o", "raw").out
                    == "\(cid)\n")
            #expect(
                try await dirctl(gateway, "delete", "--stdin", input: "tutor:v1\n").out
                    == "Deleted record with CID: \(cid)\n")
            #expect(try await gateway.request("HEAD", "/records/\(cid)").status == 404)
            #expect(try await gateway.request("HEAD", "/records/\(older)").status == 200)
        }
    }

    @Test func `one name that is not known, and nothing is done`() async throws {
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("Tutor")
            for (name, hint) in [
                ("nothing", "try 'dirctl search'"), ("tutor", "there is 'Tutor'"),
                ("*", "try 'dirctl search'"), ("Tutor:v2", "try 'dirctl search'"),
                (String(cid.dropLast()), "try 'dirctl search'"),
            ] {
                let result = try await dirctl(gateway, "delete", cid, name)
                #expect(result.status == 3)
                #expect(result.out.isEmpty)
                #expect(
                    result.error
                        == "Error: '\(name)' is neither a cid nor the name of a stored record: \(hint)\n"
                )
            }
            #expect(try await dirctl(gateway, "delete", "").status == 2)
            #expect(try await gateway.request("HEAD", "/records/\(cid)").status == 200)
            #expect(try await dirctl(gateway, "delete", absent).status == 0)
        }
    }

    @Test func `names may hold commas, colons, wildcards and spaces`() async throws {
        try await TestGateway.run { gateway in
            for name in ["Acme, Inc", "urn:x", "urn:x:v1", "a*b", " a ", "a?,", "é\u{301},ü"] {
                let cid = try await gateway.push(name)
                // Others that a pattern for this one would fit as well, and newer.
                try await gateway.push(name.replacing(",", with: "_").replacing("*", with: "+"))
                try await gateway.push(name.replacing(" ", with: "x"))
                let again = try await gateway.push(name)
                #expect(again == cid)
                let found = try await dirctl(gateway, "info", name, "-o", "raw")
                #expect(found.out == "\(cid)\n", "\(name): \(found.error)")
                let version = try await dirctl(gateway, "info", "\(name):v1", "-o", "raw")
                #expect(version.out.utf8.count == 60, "\(name): \(version.error)")
            }
            let urn = try await dirctl(gateway, "pull", "urn:x:v1")
            #expect(urn.out.contains(#""name": "urn:x:v1""#))
        }
    }

    @Test func `a search for one name with a comma finds that name before it looks for two`()
        async throws
    {
        try await TestGateway.run { gateway in
            let (a, b) = (try await gateway.push("a"), try await gateway.push("b"))
            func search(_ name: String) async throws -> Set<Substring> {
                let result = try await dirctl(gateway, "search", "--name", name, "-o", "raw")
                return Set(result.out.split(separator: "\n"))
            }
            #expect(try await search("a,b") == [a[...], b[...]])
            let whole = try await gateway.push("a,b")
            try await gateway.push("a_b")
            #expect(try await search("A,B") == [whole[...]])
            #expect(try await search("*,?") == [whole[...]])
        }
    }

    @Test func `commas separate the names of skills, in every kind of label`() async throws {
        try await TestGateway.run { gateway in
            let cids = [
                try await gateway.push("a", skill: "x/one"),
                try await gateway.push("b", skill: "x/two"),
            ]
            // "two" alone is a part of this one's label, too.
            try await gateway.push("c", skill: "y/two")
            let flags = [
                ["--skill", "x/one, x/two"], ["--label", "/skills/", "--skill", "x/o,x/t"],
            ]
            for flags in flags {
                let result = try await dirctl(gateway.address, ["search", "-o", "raw"] + flags)
                #expect(Set(result.out.split(separator: "\n").map(String.init)) == Set(cids))
            }
        }
    }

    @Test(arguments: ["human", "json", "raw"])
    func `what was deleted before a fault is told`(format: String) async throws {
        let server = try ScriptedServer([.status(204), .status(503)])
        let other = "baearei" + String(repeating: "e", count: 52)
        let result = try await dirctl(
            server.address, ["delete", absent, other, absent, "-o", format])
        #expect(result.status == 1)
        #expect(result.out.contains(absent))
        #expect(!result.out.contains(other))
        #expect(
            result.error
                == "1 of 3 records were deleted before this error:\nError: The server responded with status 503. Try again later.\n"
        )
    }

    @Test func `what does not hash to its cid is not shown`() async throws {
        let server = try ScriptedServer([
            .close(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        ])
        let result = try await dirctl(server.address, ["pull", absent])
        #expect(result.status == 1)
        #expect(result.out.isEmpty)
        #expect(result.error.contains("does not match the cid \(absent)"))
    }
}
