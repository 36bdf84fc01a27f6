import Foundation
import TestSupport
import Testing

/// One character of this number of marks: putting them in order costs the square of their number, as
/// comparing, hashing and splitting `String` do.
private func marks(_ count: Int) -> String {
    "a" + String(repeating: "\u{301}", count: count / 2)
        + String(repeating: "\u{327}", count: count - count / 2)
}

/// Texts that cost minutes when they are compared as characters. Each test would run into the time
/// limit of its client.
@Suite(.eachWay) struct HostileTextTests {
    @Test(arguments: ["/publish", "/unpublish", "/sync", "/sign", "/verify"])
    func `an unknown member of a hundred kilobytes is refused at once`(route: String) async throws {
        try await TestGateway.run(["loops": "1"]) { gateway in
            let answer = try await gateway.post(route, #"{"\#(marks(60_000))":1}"#)
            #expect(answer.status == 400)
            #expect(answer.body.count < 2000)
            #expect(try await gateway.request("GET", "/healthz").status == 200)
        }
    }

    @Test func `a record is judged in time that grows with its bytes`() async throws {
        try await TestGateway.run { gateway in
            let text = marks(60_000)
            let records = [
                #"{"\#(text)":1}"#, #"{"schema_version":"\#(text)"}"#, record(text),
                record("a", skill: text),
                #"{"schema_version":"1.0.0","skills":[{"\#(text)":1},{"\#(text)x":1}],"locators":[{"type":"\#(text)"},{"type":"\#(text)"}],"annotations":{"\#(text)/~":1}}"#,
            ]
            for record in records {
                let answer = try await gateway.post("/push", record)
                #expect(answer.status == 422)
            }
        }
    }

    @Test func `a name is measured in code points, as JSON Schema does`() async throws {
        try await TestGateway.run { gateway in
            let fits = try await gateway.post("/push", record(marks(1999)))
            #expect(fits.status == 201)
            let long = try await gateway.post("/push", record(marks(2000)))
            #expect(long.status == 422)
            #expect(long.text.contains("/name is longer than 2000 characters"))
        }
    }

    @Test func `headers and queries are read as bytes`() async throws {
        try await TestGateway.run { gateway in
            let text = marks(5000)
            let client = try SocketClient(gateway.address)
            for name in ["Accept", "If-None-Match", "Origin", "Connection", "Content-Encoding"] {
                let answer = try await client.request(
                    "GET", "/records/\(absentCID)", fields: [name: text])
                #expect(answer.status == 404, "\(name)")
            }
            for name in ["Content-Type", "Content-Encoding"] {
                var fields = ["Content-Type": "application/json"]
                fields[name] = text
                let answer = try await gateway.request("POST", "/push", fields: fields, body: "{}")
                #expect(answer.status == 415, "\(name)")
            }
            let encoded = text.prefix(1).utf8.map { "%" + String($0, radix: 16) }.joined()
                .prefix(6000)
            for target in [
                "/events?types=", "/events?", "/records?limit=", "/records?after=",
                "/records?published=", "/syncs?after=", "/syncs/", "/",
            ] {
                let answer = try await gateway.request("GET", target + encoded)
                #expect([400, 404].contains(answer.status), "\(target)")
            }
        }
    }

    @Test func `an ASCII mark counts, whatever marks follow it`() async throws {
        try await TestGateway.run { gateway in
            try await gateway.push("b")
            // A comma and a star that a combining accent follows are a comma and a star.
            let list = try await gateway.request("GET", "/records?name=x,%CC%81y,b").json
            #expect((list["records"] as? [Any])?.count == 1)
            let glob = try await gateway.request("GET", "/records?name=*%CC%81").json
            #expect((glob["records"] as? [Any])?.isEmpty == true)
            let reader = try await EventReader(
                gateway.address, "/events?labels=x,%CC%81y,/skills/s")
            let cid = try await gateway.push("c")
            #expect(try await reader.event().story == "RECORD_PUSHED \(cid)")
        }
    }

    @Test func `two spellings of one character are two labels, two names and two records`()
        async throws
    {
        try await TestGateway.run { gateway in
            let (composed, decomposed) = ("\u{E9}", "e\u{301}")
            let one = try await gateway.push("r", skill: composed)
            let two = try await gateway.push("r", skill: decomposed)
            #expect(one != two)
            let reader = try await gateway.listen("/events?labels=e%CC%81")
            _ = try await gateway.post("/publish", #"{"cids":["\#(one)"]}"#)
            _ = try await gateway.post("/publish", #"{"cids":["\#(two)"]}"#)
            #expect(try await reader.event().story == "RECORD_PUBLISHED \(two)")
        }
    }
}
