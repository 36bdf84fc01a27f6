import Foundation
import TestSupport
import Testing

@Suite struct HTTPMannersTests {
    @Test func `unknown paths and wrong methods are told what there is`() async throws {
        try await TestGateway.run { gateway in
            #expect(try await gateway.request("GET", "/nothing").status == 404)
            #expect(try await gateway.request("GET", "/nothing?x=1").status == 404)
            #expect(try await gateway.request("GET", "/records/").status == 404)
            #expect(try await gateway.request("GET", "/records/a/b").status == 404)
            let cases = [
                ("GET", "/push", "OPTIONS, POST"), ("POST", "/events", "GET, HEAD, OPTIONS"),
                ("PUT", "/records/x", "DELETE, GET, HEAD, OPTIONS"),
                ("DELETE", "/", "GET, HEAD, OPTIONS"),
            ]
            for (method, path, allow) in cases {
                let answer = try await gateway.request(method, path)
                #expect(answer.status == 405, "\(method) \(path)")
                #expect(answer.fields["allow"] == allow)
            }
        }
    }

    @Test func `what is no request is told so as every other fault`() async throws {
        try await TestGateway.run { gateway in
            let client = try SocketClient(gateway.address)
            try await client.send("GET /healthz HTTP/1.1\r\n\r\n")
            let line = try await client.read(through: "\r\n")
            #expect(line == "HTTP/1.1 400 Bad Request\r\n")
            let answer = try await client.read(through: "}\n")
            #expect(answer.contains("application/problem+json"))
            #expect(answer.contains("\"title\":\"Malformed request\""))
            let metrics = try await gateway.request("GET", "/metrics").text
            #expect(metrics.contains("http_requests_total{route=\"malformed\",code=\"400\"} 1"))
        }
    }

    @Test func `health, readiness and metrics answer`() async throws {
        try await TestGateway.run { gateway in
            #expect(try await gateway.request("GET", "/healthz").text == "{\"status\":\"ok\"}\n")
            #expect(try await gateway.request("GET", "/readyz").text == "{\"status\":\"ready\"}\n")
            let metrics = try await gateway.request("GET", "/metrics")
            #expect(metrics.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        }
    }

    @Test func `the counts of the metrics are those of the clients`() async throws {
        try await TestGateway.run { gateway in
            let reader = try await EventReader(gateway.address)
            for number in 0..<3 {
                try await gateway.push("r\(number)")
                _ = try await reader.event()
            }
            let page = try await gateway.request("GET", "/metrics").text
            func value(_ name: String) -> String? {
                page.split(separator: "\n").first { $0.hasPrefix("directory_gateway_\(name) ") }?
                    .split(separator: " ").last.map(String.init)
            }
            #expect(value("subscribers") == "1")
            #expect(value("events_published_total{type=\"RECORD_PUSHED\"}") == "3")
            #expect(value("events_delivered_total") == "3")
            #expect(value("events_dropped_total") == "0")
            #expect(value("records") == "3")
            #expect(value("http_requests_total{route=\"/push\",code=\"201\"}") == "3")
            #expect(value("publish_to_write_seconds_count") == "3")
            #expect(value("store_commit_seconds_count") == "3")
            #expect(!page.contains("baearei") && !page.contains("127.0.0.1"))
        }
    }

    @Test func `every metric is in the documentation and the other way round`() async throws {
        try await TestGateway.run { gateway in
            let page = try await gateway.request("GET", "/metrics").text
            let served = page.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
                .map { String($0.split(separator: " ")[2]) }
            let text = try String(contentsOfFile: repository + "/docs/metrics.md", encoding: .utf8)
            let documented = text.matches(
                of: /^\| `((?:directory_gateway|process)_[a-z_]+)[`{]/.anchorsMatchLineEndings()
            ).map {
                String($0.1)
            }
            #expect(Set(served) == Set(documented))
            #expect(served.count == Set(served).count)
        }
    }

    @Test func `subscribers are listed with what they want and what they got`() async throws {
        try await TestGateway.run { gateway in
            let reader = try await EventReader(
                gateway.address, "/events?types=RECORD_PUSHED&labels=b,a&cids=")
            try await gateway.push("r", skill: "a")
            _ = try await reader.event()
            let answer = try await gateway.request("GET", "/subscribers").json
            let one = try #require((answer["subscribers"] as? [[String: Any]])?.first)
            let filter = one["filter"] as? [String: [String]]
            #expect(filter == ["types": ["RECORD_PUSHED"], "labels": ["a", "b"]])
            #expect(one["delivered"] as? Int == 1)
            #expect(one["dropped"] as? Int == 0)
            #expect(one["queued"] as? Int == 0)
            #expect(one["address"] as? String == "127.0.0.1")
            #expect(one["format"] as? String == "text/event-stream")
        }
    }

    @Test func `an origin is allowed because it is on the list, never because it asks`()
        async throws
    {
        try await TestGateway.run(["cors.allowed_origins": "https://a.example,https://b.example"]) {
            gateway in
            let good = try await gateway.request(
                "GET", "/healthz", fields: ["Origin": "https://b.example"])
            #expect(good.fields["access-control-allow-origin"] == "https://b.example")
            #expect(good.fields["vary"] == "Origin")
            let bad = try await gateway.request(
                "GET", "/healthz", fields: ["Origin": "https://c.example"])
            #expect(bad.fields["access-control-allow-origin"] == nil)
            let preflight = try await gateway.request(
                "OPTIONS", "/push",
                fields: [
                    "Origin": "https://a.example", "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "content-type",
                ])
            #expect(preflight.status == 204)
            let query = try await gateway.request(
                "OPTIONS", "/events?types=RECORD_PUSHED",
                fields: ["Origin": "https://a.example", "Access-Control-Request-Method": "GET"])
            #expect(query.fields["access-control-allow-origin"] == "https://a.example")
            #expect(preflight.fields["access-control-allow-methods"] == "OPTIONS, POST")
            #expect(
                preflight.fields["access-control-allow-headers"]?.contains("Last-Event-ID") == true)
            let stream = try SocketClient(gateway.address)
            try await stream.send(
                "GET /events HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\n\r\n")
            let fields = try await stream.head().fields
            #expect(fields["access-control-allow-origin"] == "https://a.example")
        }
        try await TestGateway.run { gateway in
            let answer = try await gateway.request(
                "GET", "/healthz", fields: ["Origin": "https://a.example"])
            #expect(answer.fields["access-control-allow-origin"] == nil)
        }
    }

    @Test func `the dashboard is served with a strict policy, and nothing beside it`() async throws
    {
        try await TestGateway.run { gateway in
            let page = try await gateway.request("GET", "/")
            #expect(page.status == 200)
            #expect(page.fields["content-type"] == "text/html; charset=utf-8")
            #expect(page.fields["content-security-policy"]?.contains("default-src 'none'") == true)
            #expect(page.fields["x-content-type-options"] == "nosniff")
            #expect(try await gateway.request("GET", "/?labels=/skills/").status == 200)
            let script = try await gateway.request("GET", "/app.js")
            #expect(script.fields["content-type"] == "text/javascript; charset=utf-8")
            let tag = try #require(script.fields["etag"])
            let known = try await gateway.request("GET", "/app.js", fields: ["If-None-Match": tag])
            #expect(known.status == 304)
            for path in [
                "/../README.md", "/%2e%2e/README.md", "/..%2fREADME.md", "//etc/passwd", "/.git",
            ] {
                #expect(try await gateway.request("GET", path).status == 404, "\(path)")
            }
        }
    }

    @Test func `connections beyond the limit are refused in words`() async throws {
        try await TestGateway.run(["limits.connections": "2"]) { gateway in
            let held = [
                try await EventReader(gateway.address), try await EventReader(gateway.address),
            ]
            let third = try await gateway.request("GET", "/records")
            #expect(third.status == 503)
            #expect(third.fields["retry-after"] != nil)
            let soft = try await gateway.request(
                "GET", "/events", fields: ["Accept": "text/event-stream"])
            #expect(soft.text.contains("retry-later"))
            #expect(try await gateway.request("GET", "/healthz").status == 200)
            let metrics = try await gateway.request("GET", "/metrics").text
            #expect(metrics.contains("connections_rejected_total{reason=\"full\"} 2"))
            _ = held
        }
        try await TestGateway.run(["limits.connections_per_address": "1"]) { gateway in
            let held = try await EventReader(gateway.address)
            #expect(try await gateway.request("GET", "/records").status == 429)
            _ = held
        }
    }

    @Test func `texts of clients cannot forge an event`() async throws {
        try await TestGateway.run { gateway in
            let reader = try await EventReader(gateway.address)
            let forged =
                "x\\n\\nid: 1\\nevent: forged\\ndata: y\\r\\n\\r\\n\\u0000\\u2028\\u0085"
            let cid = try await gateway.push("a", skill: forged)
            let event = try await reader.event()
            #expect(event.story == "RECORD_PUSHED \(cid)")
            #expect(event.fields.map(\.name) == ["id", "event", "data"])
            let labels = event.json["labels"] as? [String]
            #expect(
                labels == [
                    "/skills/x\n\nid: 1\nevent: forged\ndata: y\r\n\r\n\0\u{2028}\u{85}"
                ])
        }
    }
}
