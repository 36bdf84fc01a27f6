import Foundation
import Records
import TestSupport
import Testing

/// Requests that are repeated with an `Idempotency-Key`.
@Suite(.eachWay) struct IdempotencyKeyTests {
    @Test func `a push that is repeated gets the stored response, and emits nothing again`()
        async throws
    {
        try await TestGateway.run { gateway in
            let reader = try await gateway.listen()
            let body = record("twice")
            let first = try await gateway.post("/push", body, key: "k-1")
            let second = try await gateway.post("/push", body, key: "k-1")
            #expect(first.status == 201 && second.status == 201)
            #expect(first.text == second.text)
            #expect(second.fields["location"] == first.fields["location"])
            #expect(first.fields["idempotent-replayed"] == nil)
            #expect(second.fields["idempotent-replayed"] == "true")
            // Another key is another request.
            #expect(try await gateway.post("/push", body, key: "k-2").status == 200)
            try await gateway.push("last")
            var cids: [String?] = []
            for _ in 0..<3 { cids.append(try await reader.block()?.json["resource_id"] as? String) }
            let cid = first.json["cid"] as? String
            #expect(cids[0] == cid && cids[1] == cid && cids[2] != cid)
        }
    }

    @Test func `a key with another body, type or route is refused`() async throws {
        try await TestGateway.run { gateway in
            let body = record("one")
            _ = try await gateway.post("/push", body, key: "k")
            for (target, type, text) in [
                ("/push", "application/json", record("two")),
                ("/push", "application/x-ndjson", body),
                ("/publish", "application/json", #"{"all":true}"#),
            ] {
                let answer = try await gateway.post(target, text, key: "k", type: type)
                #expect(answer.status == 422)
                #expect(answer.json["type"] as? String == kind("idempotency-key-reused"))
            }
            #expect(try await gateway.request("GET", "/records").json(at: "records").count == 1)
        }
    }

    @Test(arguments: ["", "a b", "é", String(repeating: "k", count: 256)])
    func `a key of bad form is refused`(key: String) async throws {
        try await TestGateway.run { gateway in
            let answer = try await gateway.post("/push", record("r"), key: key)
            #expect(answer.status == 400)
            #expect((answer.json["detail"] as? String)?.contains("Idempotency-Key") == true)
            let longest = String(repeating: "~", count: 255)
            #expect(try await gateway.post("/push", record("r"), key: longest).status == 201)
        }
    }

    @Test func `a refusal is not stored`() async throws {
        try await TestGateway.run { gateway in
            let cid = try Record(json: Array(record("later").utf8)).cid
            let body = #"{"cids":["\#(cid)"]}"#
            #expect(try await gateway.post("/publish", body, key: "k").status == 404)
            try await gateway.push("later")
            #expect(try await gateway.post("/publish", body, key: "k").status == 200)
        }
    }

    @Test func `every operation takes a key`() async throws {
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("r")
            let lines = (0..<3).map { record("line\($0)") }.joined(separator: "\n") + "\n{}\n"
            let requests = [
                ("/push", "application/x-ndjson", lines),
                ("/publish", "application/json", #"{"cids":["\#(cid)"]}"#),
                ("/publish", "application/json", #"{"all":true}"#),
                ("/unpublish", "application/json", #"{"cids":["\#(cid)"]}"#),
                ("/sign", "application/json", #"{"cid":"\#(cid)"}"#),
                (
                    "/sync", "application/json",
                    #"{"remote_directory_url":"http://\#(gateway.address)"}"#
                ),
            ]
            for (number, (target, type, body)) in requests.enumerated() {
                let first = try await gateway.post(target, body, key: "\(number)", type: type)
                let second = try await gateway.post(target, body, key: "\(number)", type: type)
                #expect((200..<300).contains(first.status), "\(target) \(first.text)")
                #expect(second.fields["idempotent-replayed"] == "true", "\(target)")
                #expect(first.text == second.text && first.status == second.status, "\(target)")
            }
            #expect(try await gateway.request("GET", "/syncs").json(at: "syncs").count == 1)
            let signatures = try await gateway.request("GET", "/records/\(cid)/signatures")
            #expect(signatures.json(at: "signatures").count == 1)
        }
    }

    @Test func `a reading POST ignores the key`() async throws {
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("r")
            let body = #"{"cid":"\#(cid)"}"#
            _ = try await gateway.post("/verify", body, key: "k")
            let second = try await gateway.post("/verify", body, key: "k")
            #expect(second.fields["idempotent-replayed"] == nil)
        }
    }

    @Test func `a stored response survives a restart`() async throws {
        let path = NSTemporaryDirectory() + "keys-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var texts: [String] = []
        for _ in 0..<2 {
            try await TestGateway.run(["data_dir": path]) { gateway in
                let answer = try await gateway.post("/push", record("r"), key: "k")
                #expect(answer.status == 201)
                texts.append(answer.text)
            }
        }
        #expect(texts.count == 2 && texts[0] == texts[1])
    }

    @Test func `of the same requests at the same time one is carried out`() async throws {
        try await TestGateway.run { gateway in
            let body = (0..<200).map { record("many\($0)") }.joined(separator: "\n")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        try await gateway.post(
                            "/push", body, key: "k", type: "application/x-ndjson"
                        ).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.contains(200))
            #expect(Set(statuses).isSubset(of: [200, 409]))
            let metrics = try await gateway.request("GET", "/metrics").text
            let line = "directory_gateway_events_published_total{type=\"RECORD_PUSHED\"} 200"
            #expect(metrics.contains(line))
        }
    }

    private func kind(_ name: String) -> String { "urn:directory-gateway:problem:\(name)" }
}

extension TestGateway {
    /// Posts with a key.
    func post(_ target: String, _ body: String, key: String, type: String = "application/json")
        async throws -> HTTPAnswer
    {
        try await request(
            "POST", target, fields: ["Content-Type": type, "Idempotency-Key": key], body: body)
    }
}

extension HTTPAnswer {
    /// The list that is a member of the document.
    func json(at key: String) -> [Any] { json[key] as? [Any] ?? [] }
}
