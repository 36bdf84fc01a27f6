import Events
import Foundation
import Synchronization
import Testing
import Text

@testable import Authentication

private let now: Int64 = 1_767_225_600_000_000

private func grant(
    _ token: OpaqueToken, _ number: Int64 = 1, name: String = "ci", scopes: ScopeSet = [],
    expires: Int64? = nil, isRevoked: Bool = false, restriction: EventFilter? = nil
) -> TokenGrant {
    TokenGrant(
        id: .stored(number), name: name, hash: token.hash, scopes: scopes, restriction: restriction,
        expires: expires, isRevoked: isRevoked)
}

private func authenticator(_ book: TokenBook, now time: Int64 = now) -> Authenticator {
    Authenticator(mode: .token, book: book, sessions: SessionTable(), now: { time })
}

private func subject(_ authenticator: Authenticator, _ authorization: String) throws -> Subject? {
    guard
        case .subject(let subject) = try authenticator.check(
            Credentials(authorization: authorization))
    else { return nil }
    return subject
}

@Suite struct OpaqueTokenTests {
    @Test func `a token has a fixed form, and no two are equal`() {
        let tokens = (0..<100).map { _ in OpaqueToken() }
        for token in tokens {
            #expect(token.text.utf8.count == 52)
            #expect(token.text.utf8.starts(with: "dgt_".utf8))
            #expect(OpaqueToken.isWellFormed(token.text.utf8))
        }
        #expect(Set(tokens.map(\.text)).count == 100)
    }

    @Test func `a mistyped token is told from an unknown one`() throws {
        let known = OpaqueToken()
        let authenticator = authenticator(TokenBook(fixed: [grant(known)]))
        #expect(throws: AccessError.unauthenticated(.unknown)) {
            try subject(authenticator, "Bearer \(OpaqueToken().text)")
        }
        let text = Array(known.text.utf8)
        for place in 4..<text.count {
            var typed = text
            typed[place] = typed[place] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
            #expect(throws: AccessError.unauthenticated(.malformed)) {
                try subject(authenticator, "Bearer \(String(decoding: typed, as: UTF8.self))")
            }
        }
        for wrong in [known.text + "A", String(known.text.dropLast()), "dgt_"] {
            #expect(throws: AccessError.unauthenticated(.malformed)) {
                try subject(authenticator, "Bearer \(wrong)")
            }
        }
    }

    @Test func `a token is never shown by accident`() {
        let token = OpaqueToken()
        var dumped = ""
        dump(token, to: &dumped)
        for shown in ["\(token)", String(reflecting: token), String(describing: [token]), dumped] {
            #expect(!shown.utf8.containsBytes(of: token.text.dropFirst(4).utf8), "\(shown.count)")
        }
    }

    @Test func `a hash is read as it is written`() throws {
        let hash = TokenHash(of: "abc".utf8)
        #expect(hash.hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(try #require(TokenHash(hex: hash.hex)).equals(hash))
        #expect(try #require(TokenHash(hex: hash.hex.uppercased())).equals(hash))
        #expect(try #require(TokenHash(bytes: hash.bytes)).equals(hash))
        for place in 0..<32 {
            var bytes = hash.bytes
            bytes[place] ^= 1
            #expect(!(try #require(TokenHash(bytes: bytes)).equals(hash)))
        }
        for text in [
            "", "ab", hash.hex + "0", "g" + hash.hex.dropFirst(), " " + hash.hex.dropFirst(),
        ] {
            #expect(TokenHash(hex: text) == nil)
        }
    }
}

@Suite struct TokenBookTests {
    @Test func `a token proves its subject until it ends`() throws {
        let token = OpaqueToken()
        let filter = EventFilter(labels: ["/skills/AI"])
        let kept = grant(
            token, scopes: ScopeSet([.readEvents]), expires: now + 1, restriction: filter)
        let book = TokenBook(fixed: [kept])
        let found = try #require(try subject(authenticator(book), "Bearer \(token.text)"))
        #expect(found.name == "ci")
        #expect(found.identity == "token:ci")
        #expect(found.expires == now + 1)
        #expect(found.tokenID == .stored(1))
        #expect(
            found.filter(EventFilter(cids: ["a"]))
                == EventFilter(labels: ["/skills/AI"], cids: ["a"]))
        #expect(throws: Never.self) { try found.require(.readEvents) }
        #expect(throws: AccessError.forbidden(missing: .admin)) { try found.require(.admin) }
        #expect(throws: AccessError.unauthenticated(.expired)) {
            try subject(authenticator(book, now: now + 1), "Bearer \(token.text)")
        }
    }

    @Test func `what is revoked or removed ends, also for streams that are open`() throws {
        let (a, b) = (OpaqueToken(), OpaqueToken())
        let book = TokenBook()
        book.replaceStored([grant(a, 1), grant(b, 2)])
        let authenticator = authenticator(book)
        let subjects = try [a, b].map {
            try #require(try subject(authenticator, "Bearer \($0.text)"))
        }
        #expect(subjects.allSatisfy { authenticator.end(of: $0) == nil })
        book.replaceStored([grant(a, 1, isRevoked: true)])
        #expect(subjects.map { authenticator.end(of: $0) } == [.revoked, .revoked])
        #expect(throws: AccessError.unauthenticated(.revoked)) {
            try subject(authenticator, "Bearer \(a.text)")
        }
        #expect(throws: AccessError.unauthenticated(.unknown)) {
            try subject(authenticator, "Bearer \(b.text)")
        }
    }

    @Test func `the tokens of settings and store are replaced apart from each other`() throws {
        let (a, b, c) = (OpaqueToken(), OpaqueToken(), OpaqueToken())
        func fixed(_ token: OpaqueToken) throws -> TokenGrant {
            try FixedToken.parse("name=x token=\(token.text) scopes=admin")
        }
        let book = TokenBook(fixed: [try fixed(a)])
        book.replaceStored([grant(c, 1)])
        let authenticator = authenticator(book)
        let first = try #require(try subject(authenticator, "Bearer \(a.text)"))
        book.replaceFixed([try fixed(b)])
        #expect(authenticator.end(of: first) == .revoked)
        for token in [b, c] {
            #expect(try subject(authenticator, "Bearer \(token.text)") != nil)
        }
    }

    @Test func `the use of a token is recorded once, and survives a reload`() throws {
        let (a, b) = (OpaqueToken(), OpaqueToken())
        let book = TokenBook()
        book.replaceStored([grant(a, 1), grant(b, 2)])
        let authenticator = authenticator(book)
        for _ in 0..<3 { _ = try subject(authenticator, "Bearer \(b.text)") }
        book.replaceStored([grant(a, 1), grant(b, 2)])
        #expect(book.takeUsed() == [2])
        #expect(book.takeUsed() == [])
    }
}

@Suite struct FixedTokenTests {
    @Test func `an entry of auth.tokens is a token`() throws {
        let token = OpaqueToken()
        let grant = try FixedToken.parse(
            "name=ci  token=\(token.text) scopes=events:read|records:read types=RECORD_PUSHED|SYNC_FAILED labels=/a%20b|%7C cids=x expires=2027-01-01T00:00:00Z"
        )
        #expect(grant.id == .fixed(token.hash.key))
        #expect(grant.name == "ci")
        #expect(grant.hash.equals(token.hash))
        #expect(grant.scopes == ScopeSet([.readEvents, .readRecords]))
        #expect(
            grant.restriction
                == EventFilter(
                    types: [.recordPushed, .syncFailed], labels: ["/a b", "|"], cids: ["x"]))
        #expect(grant.expires == Timestamp.parse("2027-01-01T00:00:00Z"))
        let hashed = try FixedToken.parse(
            "name=x sha256=\(token.hash.hex) scopes=admin")
        #expect(hashed.hash.equals(token.hash))
        #expect(hashed.restriction == nil)
        let own = try FixedToken.parse(
            "name=x token=0123456789abcdefghij== scopes=admin")
        let book = TokenBook(fixed: [own])
        #expect(
            try subject(authenticator(book), "Bearer 0123456789abcdefghij==")?.name == "x")
    }

    @Test(arguments: [
        "", "name=x", "name=x scopes=admin", "token=SECRETSECRETSECRETSECRET scopes=admin",
        "name=x token=SECRETSECRETSECRETSECRET scopes=", "name=x token=SECRETSECRET scopes=admin",
        "name=x token=SECRETSECRETSECRETSECRET scopes=admin|root",
        "name=x token=SECRETSECRETSECRETSECRET scopes=admin labels=",
        "name=x token=SECRETSECRETSECRETSECRET scopes=admin labels=a||b",
        "name=x token=SECRETSECRETSECRETSECRET scopes=admin types=RECORD_PUSHD",
        "name=x token=SECRETSECRETSECRETSECRET scopes=admin expires=tomorrow",
        "name=x token=SECRETSECRETSECRETSECRET scopes=admin label=a",
        "name=x token=SECRETSECRETSECRETSECRET scopes=admin scopes=admin",
        "name=x token=SECRETSECRET.SECRETSECRET.SECRETSECRET scopes=admin",
        "name=x token=dgt_SECRETSECRETSECRETSECRET scopes=admin",
        "name=x token=SECRET%00SECRETSECRETSECRET scopes=admin", "SECRETSECRETSECRETSECRET",
        "name=x token=SECRETSECRETSECRETSECRET sha256=00 scopes=admin",
        "name=x sha256=SECRETSECRET scopes=admin",
        "name=a%0Ab token=SECRETSECRETSECRETSECRET scopes=admin",
    ])
    func `an entry with an error is refused, and the error shows no secret`(text: String) {
        do {
            _ = try FixedToken.parse(text)
            Issue.record("\(text) was taken")
        } catch {
            #expect(!error.description.utf8.containsBytes(of: "SECRET".utf8))
        }
    }
}

@Suite struct ScopeTests {
    @Test func `scopes have the names of the contract`() throws {
        #expect(
            Scope.allCases.map(\.name) == [
                "events:read", "records:read", "records:write", "webhooks", "admin",
            ])
        for scope in Scope.allCases {
            #expect(try ScopeSet(names: [scope.name]).scopes == [scope])
            #expect(ScopeSet.all.contains(scope))
            #expect(!ScopeSet([]).contains(scope))
        }
        do {
            _ = try ScopeSet(names: ["admin", "record:read"])
            Issue.record("taken")
        } catch {
            #expect(error.description.utf8.containsBytes(of: "did you mean 'records:read'".utf8))
        }
    }

    @Test func `every refusal says what is missing and what to do`() {
        var errors: [AccessError] = AccessError.Reason.allCases.map { .unauthenticated($0) }
        errors += Scope.allCases.map { .forbidden(missing: $0) }
        errors += [.foreignOrigin, .misdirected, .keysUnavailable]
        for error in errors {
            for sentence in [error.detail, error.remedy] {
                #expect(sentence.utf8.last == UInt8(ascii: "."), "\(sentence)")
            }
            #expect(!error.detail.utf8.contains(UInt8(ascii: "\"")), "it is quoted in a header")
            #expect((error.status == 401 || error.kind == "forbidden") == (error.challenge != nil))
        }
        #expect(
            AccessError.forbidden(missing: .admin).challenge
                == #"Bearer realm="directory-gateway", error="insufficient_scope", scope="admin""#)
        #expect(
            AccessError.forbidden(missing: .webhooks).detail
                == "The token lacks the scope webhooks.")
    }
}

extension Collection<UInt8> {
    /// Returns whether other bytes occur in these.
    func containsBytes(of other: some Collection<UInt8>) -> Bool {
        indices.contains { self[$0...].starts(with: other) }
    }
}
