import Foundation
import TestSupport
import Testing

/// Broken JSON: the problem says where.
@Suite(.eachWay) struct JSONPlaceTests {
    @Test(arguments: [
        ("{\n  \"name\": \"a\",\n  \"b\" 1\n}", 3, 7), ("", 1, 1), ("{", 1, 2),
        ("{\"é\": \"日\", x}", 1, 12), ("{\r\n}\r\n x", 3, 2), ("{\"a\":1,\n\"a\":2}", 2, 1),
        ("{\"a\":\n\n   tru}", 3, 4),
    ])
    func `the place is a line and a column`(body: String, line: Int, column: Int) async throws {
        try await TestGateway.run { gateway in
            for route in ["/push", "/publish", "/sign"] {
                let answer = try await gateway.post(route, body)
                #expect(answer.status == 400, "\(route)")
                #expect(answer.json["line"] as? Int == line, "\(route) \(answer.text)")
                #expect(answer.json["column"] as? Int == column, "\(route) \(answer.text)")
                let detail = answer.json["detail"] as? String ?? ""
                #expect(detail.hasSuffix("at line \(line), column \(column)."), "\(detail)")
            }
        }
    }

    @Test func `what is JSON of the wrong kind has no place`() async throws {
        try await TestGateway.run { gateway in
            for route in ["/push", "/publish"] {
                let answer = try await gateway.post(route, "[]")
                #expect(answer.status == 400)
                #expect(answer.json["line"] == nil && answer.json["column"] == nil)
            }
        }
    }

    @Test func `the line of a result is that of the body`() async throws {
        try await TestGateway.run { gateway in
            let answer = try await gateway.request(
                "POST", "/push", fields: ["Content-Type": "application/x-ndjson"],
                body: "\(record("a"))\n\n{\"a\" 1}\n")
            let lines = answer.text.split(separator: "\n")
            #expect(lines.count == 2)
            let broken = try #require(lines.last)
            #expect(broken.contains(#""line":3"#) && broken.contains(#""column":6"#))
            #expect(broken.components(separatedBy: #""line""#).count == 2, "once")
        }
    }
}
