import Authentication
import Foundation
import TestSupport
import Testing

@testable import Gateway

/// Who may do what, over the routes.
@Suite(.eachWay) struct AccessTests {
    private let secret = OpaqueToken()
    private let reader = OpaqueToken()

    /// Settings with two fixed tokens: one for everything, one that may hear of one skill.
    private var settings: [String: String] {
        [
            "auth.mode": "token",
            "auth.tokens":
                "name=owner sha256=\(hex(secret)) scopes=\(Scope.allCases.map(\.name).joined(separator: "|")),"
                + "name=reader sha256=\(hex(reader)) scopes=events:read labels=/skills/x",
        ]
    }

    private func hex(_ token: OpaqueToken) -> String {
        token.hash.bytes.map { String(UInt16($0) + 256, radix: 16).suffix(2) }.joined()
    }

    private func bearer(_ token: OpaqueToken) -> [String: String] {
        ["Authorization": "Bearer \(token.text)", "Content-Type": "application/json"]
    }

    @Test func `a request without a token is refused, and says what is missing`() async throws {
        try await TestGateway.run(settings) { gateway in
            let none = try await gateway.post("/push", record("a"))
            #expect(none.status == 401)
            #expect(none.fields["www-authenticate"]?.hasPrefix("Bearer") == true)
            let wrong = try await gateway.request(
                "GET", "/records", fields: ["Authorization": "Bearer hello"])
            #expect(wrong.status == 401 && !wrong.text.contains("hello"))
            let lacking = try await gateway.request("GET", "/records", fields: bearer(reader))
            #expect(lacking.status == 403 && lacking.text.contains("records:read"))
            let right = try await gateway.request(
                "POST", "/push", fields: bearer(secret), body: record("a"))
            #expect(right.status == 201)
        }
    }

    @Test func `health and the dashboard need nothing, metrics need admin`() async throws {
        try await TestGateway.run(settings) { gateway in
            for path in ["/healthz", "/", "/openapi.json"] {
                let answer = try await gateway.request("GET", path)
                #expect(answer.status == 200, "\(path)")
            }
            for (fields, status) in [([:], 401), (bearer(reader), 403), (bearer(secret), 200)] {
                let answer = try await gateway.request("GET", "/metrics", fields: fields)
                #expect(answer.status == status)
            }
        }
    }

    @Test func `a stream carries only what its token allows`() async throws {
        try await TestGateway.run(settings) { gateway in
            let stream = try await gateway.listen("/events?types=RECORD_PUSHED", bearer(reader))
            for (name, skill) in [("a", "y"), ("b", "x")] {
                _ = try await gateway.request(
                    "POST", "/push", fields: bearer(secret), body: record(name, skill: skill))
            }
            let event = try await stream.event()
            #expect((event.json["labels"] as? [String]) == ["/skills/x"])
        }
    }

    @Test(arguments: ["0", "100"])
    func `the last events are only those that a token allows`(history: String) async throws {
        let settings = settings.merging(["events.history.max_events": history]) { $1 }
        try await TestGateway.run(settings) { gateway in
            for (name, skill) in [("a", "y"), ("b", "x")] {
                _ = try await gateway.request(
                    "POST", "/push", fields: bearer(secret), body: record(name, skill: skill))
            }
            for (token, count) in [(secret, 2), (reader, 1)] {
                let answer = try await gateway.request(
                    "GET", "/events/recent?types=RECORD_PUSHED", fields: bearer(token))
                let events = answer.json["events"] as? [[String: Any]] ?? []
                #expect(events.count == count)
                #expect(events.last?["labels"] as? [String] == ["/skills/x"])
            }
        }
    }

    @Test func `only an administrator sees subscribers and ends their streams`() async throws {
        try await TestGateway.run(settings) { gateway in
            let stream = try await gateway.listen("/events", bearer(reader))
            for (fields, status) in [([:], 401), (bearer(reader), 403)] {
                for (method, path) in [("GET", "/subscribers"), ("DELETE", "/subscribers/1")] {
                    let answer = try await gateway.request(method, path, fields: fields)
                    #expect(answer.status == status, "\(method)")
                }
            }
            let list = try await gateway.request("GET", "/subscribers", fields: bearer(secret))
            let found = list.json["subscribers"] as? [[String: Any]]
            #expect(found?.first?["subject"] as? String == "reader")
            let ended = try await gateway.request(
                "DELETE", "/subscribers/1", fields: bearer(secret))
            #expect(ended.status == 204)
            #expect(try await stream.event()["event"] == "goodbye")
        }
    }

    @Test func `a session stands for its token, and changes need an allowed origin`() async throws {
        try await TestGateway.run(settings) { gateway in
            let begun = try await gateway.request("POST", "/session", fields: bearer(secret))
            #expect(begun.status == 204)
            let cookie = try #require(begun.fields["set-cookie"]?.split(separator: ";").first)
            #expect(begun.fields["set-cookie"]?.contains("HttpOnly") == true)
            var fields = ["Cookie": String(cookie), "Content-Type": "application/json"]
            let who = try await gateway.request("GET", "/session", fields: fields)
            #expect(who.json["subject"] as? String == "owner")
            #expect(try await gateway.request("GET", "/records", fields: fields).status == 200)
            let noOrigin = try await gateway.request(
                "POST", "/push", fields: fields, body: record("a"))
            #expect(noOrigin.status == 403)
            fields["Origin"] = "https://evil.example"
            let foreign = try await gateway.request(
                "POST", "/push", fields: fields, body: record("a"))
            #expect(foreign.status == 403 && foreign.text.contains("foreign-origin"))
            let ended = try await gateway.request(
                "DELETE", "/session", fields: ["Cookie": String(cookie)])
            #expect(ended.status == 204)
            #expect(try await gateway.request("GET", "/records", fields: fields).status == 401)
        }
    }

    @Test func `a page cannot reach a local gateway through its own name`() async throws {
        try await TestGateway.run(["allowed_hosts": "a"]) { gateway in
            let client = try SocketClient(gateway.address)
            try await client.send("GET /records HTTP/1.1\r\nHost: evil.example\r\n\r\n")
            #expect(try await client.head().status == 421)
        }
    }

    @Test func `operations of one subject are limited`() async throws {
        var settings = settings
        settings["limits.operations_per_second"] = "1"
        settings["limits.operations_burst"] = "2"
        try await TestGateway.run(settings) { gateway in
            var statuses: [Int] = []
            for _ in 0..<3 {
                let answer = try await gateway.request("GET", "/records", fields: bearer(secret))
                statuses.append(answer.status)
                if answer.status == 429 { #expect(answer.fields["retry-after"] == "1") }
            }
            #expect(statuses == [200, 200, 429])
            #expect(try await gateway.request("GET", "/healthz").status == 200)
        }
    }

    @Test func `probes and scrapers have a listener of their own`() async throws {
        var settings = settings
        settings["admin.listen_address"] = "127.0.0.1:0"
        try await TestGateway.run(settings) { gateway in
            let address = try #require(gateway.server.adminAddress)
            for (path, status) in [("/metrics", 200), ("/readyz", 200), ("/records", 404)] {
                let answer = try await SocketClient(address).request("GET", path)
                #expect(answer.status == status, "\(path)")
            }
        }
    }

    @Test func `a token that is revoked ends its streams`() async throws {
        let path = NSTemporaryDirectory() + "gateway-\(UUID().uuidString)"
        try await TestGateway.run(["auth.mode": "token", "data_dir": path]) { gateway in
            let made = try TokenAdministration(dataDirectory: path)
            let token = try made.create(
                .init(subject: "agent", scopes: ["events:read"]), now: wallClock())
            made.close()
            var stream: EventReader?
            while stream == nil {
                stream = try? await gateway.listen(
                    "/events", ["Authorization": "Bearer \(token.token)"])
            }
            let again = try TokenAdministration(dataDirectory: path)
            _ = try again.revoke(token.entry.id, now: wallClock())
            again.close()
            let goodbye = try #require(try await stream?.event())
            #expect(goodbye["event"] == "goodbye")
            #expect(goodbye.json["reason"] as? String == "revoked")
        }
    }
}
