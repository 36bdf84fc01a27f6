import Directory
import Foundation
import Records
import TestSupport
import Testing

private let json = ["Content-Type": "application/json"]

@Suite(.eachWay) struct RecordRoutesTests {
    @Test func `a record is new once, and known after`() async throws {
        try await TestGateway.run { gateway in
            let first = try await gateway.post("/push", record("a"))
            #expect(first.status == 201)
            let cid = try #require(first.json["cid"] as? String)
            #expect(first.fields["location"] == "/records/\(cid)")
            let second = try await gateway.post("/push", record("a"))
            #expect(second.status == 200)
            #expect(second.json["cid"] as? String == cid)
        }
    }

    @Test func `what is read back is canonical, tagged, and hashes to its name`() async throws {
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("<é>")
            let answer = try await gateway.request("GET", "/records/\(cid)")
            #expect(answer.status == 200)
            #expect(CID.of(answer.body) == cid)
            #expect(answer.text.contains(#"\u003cé\u003e"#))
            #expect(answer.fields["etag"] == "\"\(cid)\"")
            let known = try await gateway.request(
                "GET", "/records/\(cid)", fields: ["If-None-Match": "\"x\", W/\"\(cid)\""])
            #expect(known.status == 304)
            let head = try await gateway.request(
                "HEAD", "/records/\(cid)", fields: ["If-None-Match": "\"\(cid)\""])
            #expect(head.status == 304)
            let gone = try await gateway.request(
                "GET", "/records/\(absentCID)", fields: ["If-None-Match": "\"\(absentCID)\""])
            #expect(gone.status == 404)
        }
    }

    @Test func `HEAD tells size and labels`() async throws {
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("a", skill: "b, c\\u00e9/d")
            let answer = try await gateway.request("HEAD", "/records/\(cid)")
            let size = try await gateway.request("GET", "/records/\(cid)").body.count
            #expect(answer.status == 200)
            #expect(answer.fields["content-length"] == String(size))
            #expect(answer.fields["directory-labels"] == "/skills/b%2C%20c%C3%A9/d")
            #expect(answer.fields["directory-published"] == "false")
            #expect(answer.fields["directory-signatures"] == "0")
            _ = try await gateway.post("/publish", #"{"cids":["\#(cid)"]}"#)
            _ = try await gateway.post("/sign", #"{"cid":"\#(cid)"}"#)
            let later = try await gateway.request("HEAD", "/records/\(cid)")
            #expect(later.fields["directory-published"] == "true")
            #expect(later.fields["directory-signatures"] == "1")
            #expect(try await gateway.request("HEAD", "/records/\(absentCID)").status == 404)
        }
    }

    @Test func `a look at a record is no pull`() async throws {
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("a")
            let reader = try await gateway.listen()
            let peek = try await gateway.request("GET", "/records/\(cid)?peek=1")
            #expect(peek.status == 200 && CID.of(peek.body) == cid)
            _ = try await gateway.request("GET", "/records/\(cid)")
            let other = try await gateway.push("b")
            #expect(try await reader.event().story == "RECORD_PULLED \(cid)", "of the second")
            #expect(try await reader.event().story == "RECORD_PUSHED \(other)")
            let wrong = try await gateway.request("GET", "/records/\(cid)?peek=yes")
            #expect(wrong.status == 400 && wrong.text.contains("peek"))
        }
    }

    @Test func `a delete succeeds, also of what is not there`() async throws {
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("a")
            #expect(try await gateway.request("DELETE", "/records/\(cid)").status == 204)
            #expect(try await gateway.request("GET", "/records/\(cid)").status == 404)
            #expect(try await gateway.request("DELETE", "/records/\(cid)").status == 204)
        }
    }

    @Test(arguments: [
        "hello-world", "baearei", "x", String(repeating: "b", count: 129), absentCID + "a",
        absentCID.uppercased(), absentCID.replacing("b", with: "z", maxReplacements: 1), "a%00b",
        "%C3%A9", absentCID + "%CC%81", "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG",
    ])
    func `what is no cid is refused on every route that takes one`(text: String) async throws {
        try await TestGateway.run { gateway in
            let reader = try await gateway.listen()
            for (method, path) in [
                ("GET", ""), ("HEAD", ""), ("DELETE", ""), ("GET", "/signatures"),
                ("GET", "/labels"),
            ] {
                let answer = try await gateway.request(method, "/records/\(text)\(path)")
                #expect(answer.status == 400, "\(method) \(path)")
            }
            let body = #"{"cid":"\#(text)"}"#
            for route in ["/sign", "/verify"] {
                #expect(try await gateway.post(route, body).status == 400, "\(route)")
            }
            for route in ["/publish", "/unpublish"] {
                let answer = try await gateway.post(route, #"{"cids":["\#(text)"]}"#)
                #expect(answer.status == 400, "\(route)")
            }
            let sync = try await gateway.post(
                "/sync", #"{"remote_directory_url":"http://127.0.0.1:9","cids":["\#(text)"]}"#)
            #expect(sync.status == 400)
            let cid = try await gateway.push("a")
            #expect(try await reader.event().story == "RECORD_PUSHED \(cid)", "nothing before it")
        }
    }

    @Test func `a listing turns pages and filters`() async throws {
        try await TestGateway.run { gateway in
            for number in 0..<5 { try await gateway.push("n\(number)", skill: "k\(number % 2)") }
            var names: [String] = []
            var after = ""
            repeat {
                let page = try await gateway.request("GET", "/records?limit=2\(after)").json
                let records = page["records"] as? [[String: Any]] ?? []
                names += records.compactMap { $0["name"] as? String }
                after = (page["next"] as? String).map { "&after=\($0)" } ?? ""
            } while !after.isEmpty
            #expect(names == ["n4", "n3", "n2", "n1", "n0"])
            let some = try await gateway.request("GET", "/records?label=k1&published=false").json
            let records = some["records"] as? [[String: Any]] ?? []
            #expect(records.count == 2)
            #expect(
                Set(records.first?.keys.map { $0 } ?? []) == [
                    "cid", "name", "version", "schema_version", "created_at", "pushed_at", "size",
                    "published", "labels", "signatures",
                ])
        }
    }

    @Test(arguments: [
        "?limit=0", "?limit=1001", "?limit=x", "?limit=1&limit=2", "?published=yes", "?after=!",
        "?labels=x",
    ])
    func `a listing with an impossible value is refused`(query: String) async throws {
        try await TestGateway.run { gateway in
            let answer = try await gateway.request("GET", "/records\(query)")
            #expect(answer.status == 400)
            #expect(answer.json["remedy"] as? String != nil)
        }
    }

    @Test func `publishing names what was announced, and is all or nothing`() async throws {
        try await TestGateway.run { gateway in
            let cids = [try await gateway.push("a"), try await gateway.push("b", skill: "x")]
            let one = try await gateway.post("/publish", #"{"cids":["\#(cids[0])"]}"#)
            #expect(one.status == 200)
            #expect(one.json["published"] as? [String] == [cids[0]])
            let none = try await gateway.post(
                "/publish", #"{"cids":["\#(cids[1])","\#(absentCID)"]}"#)
            #expect(none.status == 404)
            #expect(none.json["cids"] as? [String] == [absentCID])
            let list = try await gateway.request("GET", "/records?published=true").json["records"]
            #expect((list as? [Any])?.count == 1)
            let labelled = try await gateway.post("/publish", #"{"labels":["/skills/x"]}"#)
            #expect(labelled.json["published"] as? [String] == [cids[1]])
            let twice = try await gateway.post(
                "/publish", #"{"cids":["\#(cids[0])","\#(cids[0])"]}"#)
            #expect(twice.json["published"] as? [String] == [cids[0]])
            let all = try await gateway.post("/publish", #"{"all":true}"#)
            #expect(all.json["published"] as? [String] == cids)
            let back = try await gateway.post("/unpublish", #"{"cids":["\#(cids[0])"]}"#)
            #expect(back.json["unpublished"] as? [String] == [cids[0]])
        }
    }

    @Test(arguments: [
        "{}", #"{"all":false}"#, #"{"all":1}"#, #"{"cids":[]}"#, #"{"cids":"x"}"#, #"{"cids":[1]}"#,
        #"{"cids":[""]}"#, #"{"cids":["x"],"all":true}"#, #"{"cid":["x"]}"#, "[]", "x",
        #"{"cids":["x"],"cids":["y"]}"#,
    ])
    func `a selection that says nothing, or two things, is refused`(body: String) async throws {
        try await TestGateway.run { gateway in
            for target in ["/publish", "/unpublish"] {
                let answer = try await gateway.post(target, body)
                #expect(answer.status == 400, "\(target)")
            }
        }
    }

    @Test func `every fault of a record is listed with its place`() async throws {
        try await TestGateway.run { gateway in
            let answer = try await gateway.post("/push", #"{"schema_version":"1.0.0","name":1}"#)
            #expect(answer.status == 422)
            let errors = answer.json["errors"] as? [[String: String]] ?? []
            let pointers = errors.compactMap { $0["pointer"] }
            #expect(
                Set(pointers) == [
                    "/name", "/version", "/description", "/authors", "/created_at", "/skills",
                ])
        }
    }

    @Test func `bodies that are not what they should be get the status that says so`() async throws
    {
        try await TestGateway.run(["limits.body_bytes": "2KiB"]) { gateway in
            let cases: [(String, [String: String], Int)] = [
                ("{", json, 400), ("[]", json, 400), ("\u{FEFF}{}", json, 400),
                (#"{"a":1,"a":1}"#, json, 400), ("", json, 400),
                (record("a"), [:], 415), (record("a"), ["Content-Type": "text/plain"], 415),
                (record(String(repeating: "x", count: 2000)), json, 413),
                (String(repeating: "[", count: 2000), json, 400),
                (record("a"), ["Content-Type": "application/json; charset=latin1"], 415),
                (record("a"), json.merging(["Content-Encoding": "gzip"]) { $1 }, 415),
                (record("a"), ["Content-Type": "Application/JSON; charset=utf-8"], 201),
            ]
            for (body, fields, status) in cases {
                let answer = try await gateway.request("POST", "/push", fields: fields, body: body)
                #expect(answer.status == status, "\(body.prefix(20)) \(fields)")
                guard status >= 400 else { continue }
                #expect(answer.fields["content-type"] == "application/problem+json")
                #expect(answer.json["status"] as? Int == status)
                for member in ["type", "title", "detail", "remedy"] {
                    #expect((answer.json[member] as? String)?.isEmpty == false, "\(member)")
                }
            }
        }
    }

    @Test func `invalid UTF-8 in a body is refused`() async throws {
        try await TestGateway.run { gateway in
            let client = try SocketClient(gateway.address)
            let body = Array(record("a").utf8).map { $0 == UInt8(ascii: "d") ? 0xFF : $0 }
            try await client.send(
                "POST /push HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
            )
            try await client.send(body)
            #expect(try await client.answer().status == 400)
        }
    }

    @Test func `many records are answered line by line, and a bad one stops no good one`()
        async throws
    {
        try await TestGateway.run(["limits.body_bytes": "2KiB"]) { gateway in
            let reader = try await gateway.listen()
            let long = record(String(repeating: "x", count: 1990))
            let lines = [record("a"), "{", "", record("b") + "\r", "{}", long, record("a")]
            let answer = try await gateway.request(
                "POST", "/push", fields: ["Content-Type": "application/x-ndjson"],
                body: lines.joined(separator: "\n"))
            #expect(answer.status == 200)
            #expect(answer.fields["content-type"] == "application/x-ndjson")
            let results = answer.text.split(separator: "\n").map { line in
                (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any] ?? [:]
            }
            #expect(results.map { $0["status"] as? Int } == [201, 400, 201, 422, 413, 200])
            #expect(results.map { $0["line"] as? Int } == [1, 2, 4, 5, 6, 7])
            let cids = results.compactMap { $0["cid"] as? String }
            for cid in cids { #expect(try await reader.event().story == "RECORD_PUSHED \(cid)") }
        }
    }

    @Test func `results come while the client still sends`() async throws {
        try await TestGateway.run { gateway in
            let client = try SocketClient(gateway.address)
            try await client.send(
                "POST /push HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            #expect(try await client.head().status == 200)
            for number in 0..<3 {
                let line = record("r\(number)") + "\n"
                try await client.send("\(String(line.utf8.count, radix: 16))\r\n\(line)\r\n")
                let chunk = try #require(try await client.chunk())
                #expect(String(decoding: chunk, as: UTF8.self).contains("\"status\":201,"))
            }
            try await client.send("0\r\n\r\n")
            #expect(try await client.chunk() == nil)
        }
    }

    @Test func `the example records are all accepted`() async throws {
        try await TestGateway.run { gateway in
            let folder = repository + "/examples/records"
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names.count >= 6)
            for name in names {
                let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
                #expect(try await gateway.post("/push", text).status == 201, "\(name)")
            }
        }
    }
}

@Suite struct LabelFieldTests {
    @Test func `HEAD stays below four kilobytes, and another route gives every label`()
        async throws
    {
        try await TestGateway.run { gateway in
            let body = record(skills: (0..<2000).map { "skill-\($0)" })
            let cid = try await gateway.post("/push", body).json["cid"] as? String ?? ""
            let head = try await gateway.request("HEAD", "/records/\(cid)")
            #expect(head.status == 200)
            let size = head.fields.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 4 }
            #expect(size < 4096)
            let shown = head.fields["directory-labels"]?.components(separatedBy: ", ") ?? []
            let left = head.fields["directory-labels-truncated"].flatMap { Int($0) } ?? 0
            #expect(shown.first == "/skills/skill-0")
            #expect(shown.count + left == 2000)
            let all = try await gateway.request("GET", "/records/\(cid)/labels").json
            #expect((all["labels"] as? [String])?.count == 2000)
            #expect(all["cid"] as? String == cid)
        }
    }

    @Test func `a record with too many bytes of labels is refused with its fault`() async throws {
        try await TestGateway.run { gateway in
            let long = String(repeating: "x", count: 1000)
            let answer = try await gateway.post(
                "/push", record(skills: (0..<300).map { "\(long)\($0)" }))
            #expect(answer.status == 422)
            #expect(answer.text.contains("has labels"))
        }
    }
}
