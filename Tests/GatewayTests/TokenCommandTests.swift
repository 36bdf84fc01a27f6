import Foundation
import TestSupport
import Testing

/// `dir-gateway token`, as an operator runs it.
@Suite struct TokenCommandTests {
    private let directory = NSTemporaryDirectory() + "tokens-\(UUID().uuidString)"

    private func token(_ arguments: String...) async throws -> ProgramResult {
        try await runProgram("dir-gateway", ["token"] + arguments + ["--data-dir", directory])
    }

    @Test func `a token is printed alone and once, listed, and revoked`() async throws {
        let made = try await token(
            "create", "--subject", "ci", "--scopes", "events:read, records:read", "--labels",
            "/skills/AI", "--expires", "30d")
        #expect(made.status == 0, "\(made.error)")
        let secret = made.out.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(secret.wholeMatch(of: /dgt_[A-Za-z0-9_-]{48}/) != nil)
        #expect(made.error.contains("token 1 of ci: events:read, records:read"))
        #expect(made.error.contains(#"{"labels":["/skills/AI"]}"#))
        #expect(!made.error.contains(secret))

        let listed = try await token("list")
        #expect(listed.status == 0)
        #expect(listed.out.contains("active"))
        #expect(listed.out.contains("events:read,records:read"))
        #expect(!listed.out.contains(String(secret.dropFirst(4))))

        #expect(try await token("revoke", "1").status == 0)
        #expect(try await token("list").out.contains("revoked"))
        let missing = try await token("revoke", "7")
        #expect(missing.status == 1)
        #expect(missing.error.contains("there is no token 7"))
    }

    @Test func `what would allow more than was meant is refused`() async throws {
        let base = ["create", "--subject", "ci", "--scopes"]
        let cases: [([String], String)] = [
            (base + [""], "--scopes"), (base + ["root"], "unknown scope 'root'"),
            (base + ["admin", "--labels", ""], "--labels is empty"),
            (base + ["admin", "--types", "RECORD_PUSHD"], "unknown event type"),
            (base + ["admin", "--expires", "soon"], "--expires"),
            (base + ["admin", "--expires", "2020-01-01T00:00:00Z"], "past"),
            (base + ["admin", "--expires", "-1d"], "--expires"),
            (["create", "--subject", "a\nb", "--scopes", "admin"], "control characters"),
        ]
        for (arguments, expected) in cases {
            let result = try await runProgram(
                "dir-gateway", ["token"] + arguments + ["--data-dir", directory])
            #expect(result.status != 0, "\(arguments)")
            #expect(result.error.contains(expected), "\(arguments): \(result.error)")
            #expect(result.out.isEmpty)
        }
        #expect(!(try await token("list").out.contains("active")))
    }

    @Test func `it works beside a gateway that runs`() async throws {
        try await TestGateway.run(["data_dir": directory]) { _ in
            let made = try await token("create", "--subject", "x", "--scopes", "admin")
            #expect(made.status == 0, "\(made.error)")
            #expect(try await token("list").out.contains("active"))
        }
    }
}
