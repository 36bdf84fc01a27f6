import Authentication
import Foundation
import TestSupport
import Testing

@Suite(.eachWay) struct WebhookRoutesTests {
    private static let url = "http://127.0.0.1:9/hook?x=y"

    private func add(_ gateway: TestGateway, _ more: String = "") async throws -> HTTPAnswer {
        try await gateway.post("/webhooks", #"{"url":"\#(Self.url)"\#(more)}"#)
    }

    @Test func `a webhook is made, shown without its secret, changed and removed`() async throws {
        try await TestGateway.run { gateway in
            let more =
                #","types":["RECORD_PUSHED"],"labels":["/skills/AI"],"headers":{"X-Key":"s3cret"},"description":"d""#
            let made = try await add(gateway, more)
            #expect(made.status == 201)
            #expect((made.json["secret"] as? String)?.hasPrefix("whsec_") == true)
            let id = try #require(made.json["id"] as? String)
            #expect(made.fields["location"] == "/webhooks/\(id)")
            let shown = try await gateway.request("GET", "/webhooks/\(id)")
            #expect(shown.json["secret"] == nil)
            #expect(shown.json["url"] as? String == Self.url)
            #expect(shown.json["state"] as? String == "enabled")
            #expect(shown.json["lag_events"] as? Int == 0)
            #expect(shown.json["types"] as? [String] == ["RECORD_PUSHED"])
            #expect(!shown.text.contains("s3cret"))
            let list = try await gateway.request("GET", "/webhooks")
            #expect(list.json(at: "webhooks").count == 1 && !list.text.contains("whsec_"))
            let patched = try await gateway.request(
                "PATCH", "/webhooks/\(id)", fields: ["Content-Type": "application/json"],
                body: #"{"types":null,"format":"cloudevents"}"#)
            #expect(patched.status == 200)
            #expect(patched.json["types"] == nil)
            #expect(patched.json["format"] as? String == "cloudevents")
            #expect(patched.json["labels"] as? [String] == ["/skills/AI"])
            #expect(try await gateway.request("DELETE", "/webhooks/\(id)").status == 204)
            #expect(try await gateway.request("GET", "/webhooks/\(id)").status == 404)
        }
    }

    @Test func `a hidden value of a header that is sent back stays what it was`() async throws {
        let receiver = try ScriptedServer([.status(204)])
        try await TestGateway.run { gateway in
            let body =
                #"{"url":"http://\#(receiver.address)/","headers":{"X-Key":"s3cret","X-Old":"o"}}"#
            let id = try #require(try await gateway.post("/webhooks", body).json["id"] as? String)
            let patched = try await gateway.request(
                "PATCH", "/webhooks/\(id)", fields: ["Content-Type": "application/json"],
                body: #"{"headers":{"x-key":"***","X-New":"n"}}"#)
            #expect(patched.status == 200)
            #expect(try await gateway.post("/webhooks/\(id)/test", "{}").status == 200)
            let head = try #require(receiver.heads.first)
            #expect(head.contains("x-key: s3cret\r\n") && head.contains("X-New: n\r\n"))
            #expect(!head.contains("X-Old"))
        }
    }

    @Test(arguments: [
        (#"{}"#, "url"), (#"{"url":7}"#, "url"), (#"{"url":"ftp://example.org/"}"#, "url"),
        (#"{"url":"http://127.0.0.1/#f"}"#, "url"),
        (#"{"url":"http://127.0.0.1/","type":["x"]}"#, "type"),
        (#"{"url":"http://127.0.0.1/","types":["PUSHED"]}"#, "types"),
        (#"{"url":"http://127.0.0.1/","types":"RECORD_PUSHED"}"#, "types"),
        (#"{"url":"http://127.0.0.1/","labels":[""]}"#, "labels"),
        (#"{"url":"http://127.0.0.1/","cids":[]}"#, "cids"),
        (#"{"url":"http://127.0.0.1/","format":"xml"}"#, "format"),
        (#"{"url":"http://127.0.0.1/","headers":["x"]}"#, "headers"),
        (#"{"url":"http://127.0.0.1/","headers":{"Host":"x"}}"#, "headers"),
        (#"{"url":"http://127.0.0.1/","headers":{"webhook-id":"x"}}"#, "headers"),
        (#"{"url":"http://127.0.0.1/","headers":{"a b":"x"}}"#, "headers"),
        (#"{"url":"http://127.0.0.1/","headers":{"X":"a\r\nY: b"}}"#, "headers"),
        (#"{"url":"http://127.0.0.1/","headers":{"X":"a","x":"b"}}"#, "headers"),
        (#"{"url":"http://127.0.0.1/","headers":{"X":1}}"#, "headers"),
    ])
    func `bad input is refused by the name of the member, and nothing is stored`(
        body: String, member: String
    ) async throws {
        try await TestGateway.run { gateway in
            let answer = try await gateway.post("/webhooks", body)
            #expect(answer.status == 400, "\(answer.text)")
            #expect((answer.json["detail"] as? String)?.contains(member) == true, "\(answer.text)")
            #expect(try await gateway.request("GET", "/webhooks").json(at: "webhooks").isEmpty)
        }
    }

    @Test func `addresses that may not be reached are refused`() async throws {
        try await TestGateway.run { gateway in
            for host in ["169.254.169.254", "[::ffff:169.254.169.254]", "10.0.0.1", "0xa9fea9fe"] {
                let answer = try await gateway.post("/webhooks", #"{"url":"http://\#(host)/"}"#)
                #expect(answer.status == 403, "\(host) \(answer.text)")
                #expect(answer.text.contains("outbound.allowed_remotes"))
            }
            #expect(try await gateway.request("GET", "/webhooks").json(at: "webhooks").isEmpty)
        }
    }

    @Test func `unknown webhooks, and actions without their body, are refused`() async throws {
        try await TestGateway.run { gateway in
            for action in ["test", "rotate", "enable", "disable"] {
                let answer = try await gateway.request("POST", "/webhooks/none/\(action)")
                #expect(answer.status == 404)
                let type = "urn:directory-gateway:problem:webhook-not-found"
                #expect(answer.json["type"] as? String == type)
            }
            let id = try #require(try await add(gateway).json["id"] as? String)
            for body in [#"{}"#, #"{"since":"soon"}"#, #"{"delivery":0}"#, #"{"after":"x"}"#] {
                #expect(try await gateway.post("/webhooks/\(id)/replay", body).status == 400)
            }
            let absent = #"{"after":"0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8a41"}"#
            #expect(try await gateway.post("/webhooks/\(id)/replay", absent).status == 200)
            let target = "/webhooks/\(id)/deliveries?state=x"
            #expect(try await gateway.request("GET", target).status == 400)
        }
    }

    @Test func `the first webhook turns the log on, and the last one off`() async throws {
        try await TestGateway.run { gateway in
            #expect(try await gateway.request("GET", "/events/history").status == 404)
            let id = try #require(try await add(gateway).json["id"] as? String)
            try await gateway.push("kept")
            let page = try await gateway.request("GET", "/events/history")
            #expect(page.json(at: "events").count == 1)
            _ = try await gateway.request("DELETE", "/webhooks/\(id)")
            #expect(try await gateway.request("GET", "/events/history").status == 404)
            _ = try await add(gateway)
            #expect(try await gateway.request("GET", "/events/history").json(at: "events").isEmpty)
        }
    }

    @Test func `a disabled webhook stays behind, and says so`() async throws {
        try await TestGateway.run { gateway in
            let id = try #require(try await add(gateway).json["id"] as? String)
            let disabled = try await gateway.request("POST", "/webhooks/\(id)/disable")
            #expect(disabled.json["state"] as? String == "disabled")
            try await gateway.push(count: 3)
            let deadline = ContinuousClock.now + .seconds(10)
            var lag = 0
            while lag < 3, ContinuousClock.now < deadline {
                let shown = try await gateway.request("GET", "/webhooks/\(id)")
                lag = shown.json["lag_events"] as? Int ?? 0
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(lag == 3)
            let metrics = try await gateway.request("GET", "/metrics").text
            #expect(metrics.contains(#"directory_gateway_webhooks{state="disabled"} 1"#))
            #expect(metrics.contains("directory_gateway_webhook_lag_events 3"))
        }
    }

    @Test func `a token with a filter makes webhooks within it, and sees only its own`()
        async throws
    {
        let (owner, team) = (OpaqueToken(), OpaqueToken())
        func entry(_ name: String, _ token: OpaqueToken, _ more: String) -> String {
            let hash = token.hash.bytes.map { String(UInt16($0) + 256, radix: 16).suffix(2) }
            return "name=\(name) sha256=\(hash.joined()) scopes=webhooks\(more)"
        }
        let tokens = entry("owner", owner, "") + "," + entry("team", team, " labels=/skills/x")
        try await TestGateway.run(["auth.mode": "token", "auth.tokens": tokens]) { gateway in
            func ask(_ token: OpaqueToken, _ method: String, _ path: String, _ body: String? = nil)
                async throws -> HTTPAnswer
            {
                let fields = [
                    "Authorization": "Bearer \(token.text)", "Content-Type": "application/json",
                ]
                return try await gateway.request(method, path, fields: fields, body: body)
            }
            let body = #"{"url":"\#(Self.url)","types":["RECORD_PUSHED"]}"#
            let first = try await ask(owner, "POST", "/webhooks", body)
            let second = try await ask(team, "POST", "/webhooks", body)
            #expect(first.status == 201 && second.status == 201)
            let restriction = second.json["restricted_to"] as? [String: [String]]
            #expect(restriction == ["labels": ["/skills/x"]])
            #expect(try await ask(owner, "GET", "/webhooks").json(at: "webhooks").count == 2)
            #expect(try await ask(team, "GET", "/webhooks").json(at: "webhooks").count == 1)
            let id = try #require(first.json["id"] as? String)
            for (method, path) in [
                ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate"), ("POST", "/test"),
            ] {
                let answer = try await ask(team, method, "/webhooks/\(id)\(path)", "{}")
                #expect(answer.status == 404, "\(method) \(path)")
            }
            #expect(try await gateway.request("GET", "/webhooks").status == 401)
        }
    }
}
