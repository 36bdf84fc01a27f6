import Events
import Foundation
import Synchronization
import Testing

@testable import Authentication

private let start: Int64 = 1_767_225_600_000_000

/// A gateway with one token, and a clock.
private final class Bench: Sendable {
    let token = OpaqueToken()
    let book: TokenBook
    let time = Time()
    let authenticator: Authenticator

    init(
        _ mode: Authenticator.Mode = .token, expires: Int64? = nil,
        certificates: [String] = [], limits: SessionTable.Limits = .init()
    ) throws {
        book = TokenBook()
        book.replaceStored([
            TokenGrant(
                id: .stored(1), name: "ci", hash: token.hash, scopes: [], restriction: nil,
                expires: expires)
        ])
        let time = time
        authenticator = Authenticator(
            mode: mode, book: book,
            certificates: CertificateMap(try certificates.map(CertificateMap.Entry.init)),
            sessions: SessionTable(limits: limits), now: { time.now })
    }

    final class Time: Sendable {
        private let value = Atomic(start)
        var now: Int64 { value.load(ordering: .relaxed) }
        func pass(seconds: Int64) { value.wrappingAdd(seconds * 1_000_000, ordering: .relaxed) }
    }

    func subject(
        _ authorization: String? = nil, cookie: String? = nil, certificate: CertificateNames? = nil,
        isSecure: Bool = false
    ) throws -> Subject? {
        guard
            case .subject(let subject) = try authenticator.check(
                Credentials(
                    authorization: authorization, cookie: cookie, certificate: certificate,
                    isSecure: isSecure))
        else { return nil }
        return subject
    }

    var bearer: String { "Bearer \(token.text)" }

    /// Signs in.
    /// - Returns: the cookie as the browser sends it.
    func signIn(isSecure: Bool = false) throws -> String {
        let subject = try #require(try subject(bearer))
        let set = try authenticator.signIn(subject, isSecure: isSecure)
        return String(set.prefix { $0 != ";" })
    }
}

@Suite struct AuthenticatorTests {
    @Test func `in open mode every client may do everything, whatever it sends`() throws {
        let bench = try Bench(.open)
        for field in [nil, "Bearer x", "Basic YQ=="] {
            let subject = try #require(try bench.subject(field))
            #expect(subject.kind == .anonymous)
            #expect(subject.scopes == .all)
            #expect(bench.authenticator.end(of: subject) == nil)
        }
    }

    @Test(arguments: [
        (nil, AccessError.Reason.missing), ("", .unknownScheme), ("Basic YQ==", .unknownScheme),
        ("Bearer", .unknownScheme), ("Bearer ", .unknownScheme), ("Bearerabc", .unknownScheme),
        ("Bearer a b", .malformed), ("Bearer \u{e9}", .malformed), ("Bearer =", .malformed),
        ("Bearer a,Bearer b", .malformed), ("Bearer abcdefghijklmnopqrstuvw", .unknown),
        ("Bearer a.b.c", .jwtNotAccepted),
        ("Bearer \(String(repeating: "a", count: 9000))", .malformed),
    ])
    func `each wrong field has its own reason`(field: String?, reason: AccessError.Reason) throws {
        let bench = try Bench()
        #expect(throws: AccessError.unauthenticated(reason)) { try bench.subject(field) }
    }

    @Test func `the scheme is written in any case, with spaces around the token`() throws {
        let bench = try Bench()
        for field in [
            "bearer \(bench.token.text)", "BEARER   \(bench.token.text)",
            " Bearer \(bench.token.text)\t",
        ] {
            #expect(try bench.subject(field)?.name == "ci")
        }
    }

    @Test func `a field that is wrong is not replaced by a cookie or a certificate`() throws {
        let bench = try Bench(certificates: ["*=admin"])
        let cookie = try bench.signIn()
        let names = CertificateNames(commonName: "agent")
        #expect(throws: AccessError.unauthenticated(.unknown)) {
            try bench.subject("Bearer abcdefghijklmnop", cookie: cookie, certificate: names)
        }
        #expect(try bench.subject(cookie: cookie, certificate: names)?.kind == .token)
        #expect(try bench.subject(cookie: "x=y", certificate: names)?.kind == .certificate)
    }

    @Test func `a JSON Web Token takes the second way`() async throws {
        let bench = try Bench()
        let key = TestKey.es256()
        let document = keySet([key])
        let authenticator = Authenticator(
            mode: .token, book: bench.book,
            jwt: JWTVerifier(
                JWTPolicy(issuer: "i", audience: "a"), keys: .remote { document }, clock: { .zero },
                report: { _ in }), sessions: SessionTable(), now: { start })
        let token = try key.token(
            #"{"iss":"i","aud":"a","sub":"s","exp":\#(start / 1_000_000 + 60),"scope":"admin"}"#)
        let credentials = Credentials(authorization: "Bearer \(token)")
        guard case .needsJWT(let unverified) = try authenticator.check(credentials) else {
            Issue.record("no JWT")
            return
        }
        #expect(!"\(unverified)".utf8.containsBytes(of: token.utf8.prefix(20)))
        #expect(try await authenticator.verify(unverified).name == "s")
        let subject = try await authenticator.authenticate(credentials)
        #expect(subject.identity == "jwt:s")
        // A session of a JWT ends with it.
        let cookie = try authenticator.signIn(subject, isSecure: true)
        #expect(cookie.utf8.containsBytes(of: "Max-Age=90;".utf8))
    }
}

@Suite struct SessionTests {
    @Test func `a session stands for its token until it is ended`() throws {
        let bench = try Bench()
        let cookie = try bench.signIn()
        let subject = try #require(try bench.subject(cookie: "theme=dark; \(cookie)"))
        #expect(subject.name == "ci")
        #expect(subject.proof == .cookie)
        #expect(subject.tokenID == .stored(1))
        let clear = bench.authenticator.signOut(Credentials(cookie: cookie))
        #expect(clear == "directory-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict")
        #expect(throws: AccessError.unauthenticated(.sessionEnded)) {
            try bench.subject(cookie: cookie)
        }
    }

    @Test func `over TLS the cookie is bound to the host, and a plain one is not taken`() throws {
        let bench = try Bench()
        let subject = try #require(try bench.subject(bench.bearer))
        let set = try bench.authenticator.signIn(subject, isSecure: true)
        #expect(set.utf8.starts(with: "__Host-directory-session=".utf8))
        #expect(
            set.utf8.reversed().starts(
                with: "; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict; Secure".utf8.reversed()))
        let cookie = String(set.prefix { $0 != ";" })
        #expect(try bench.subject(cookie: cookie, isSecure: true)?.name == "ci")
        let plain = try bench.signIn()
        #expect(throws: AccessError.unauthenticated(.missing)) {
            try bench.subject(cookie: plain, isSecure: true)
        }
    }

    @Test func `a session ends after 12 hours, or with its token`() throws {
        let bench = try Bench()
        let cookie = try bench.signIn()
        bench.time.pass(seconds: 12 * 3600 - 1)
        #expect(try bench.subject(cookie: cookie) != nil)
        bench.time.pass(seconds: 1)
        #expect(throws: AccessError.self) { try bench.subject(cookie: cookie) }

        let short = try Bench(expires: start + 60_000_000)
        let other = try short.signIn()
        #expect(try short.subject(cookie: other) != nil)
        short.time.pass(seconds: 60)
        #expect(throws: AccessError.self) { try short.subject(cookie: other) }

        let revoked = try Bench()
        let third = try revoked.signIn()
        revoked.book.replaceStored([])
        #expect(throws: AccessError.self) { try revoked.subject(cookie: third) }
    }

    @Test func `a session cannot begin another one`() throws {
        let bench = try Bench()
        let cookie = try bench.signIn()
        let subject = try #require(try bench.subject(cookie: cookie))
        #expect(throws: AccessError.self) {
            try bench.authenticator.signIn(subject, isSecure: false)
        }
    }

    @Test(arguments: [
        "", ";;;", "directory-session", "directory-session=", "directory-session=x",
        "xdirectory-session=COOKIE", "directory-session2=COOKIE",
        "directory-session=COOKIE; directory-session=COOKIE", "directory-session=COOKIE%20",
        "directory-session=\"COOKIE\"", "Directory-Session=COOKIE",
    ])
    func `no other field is a session`(field: String) throws {
        let bench = try Bench()
        let secret = try bench.signIn().split(separator: "=")[1]
        let field = field.replacingOccurrences(of: "COOKIE", with: secret)
        #expect(throws: AccessError.self) { try bench.subject(cookie: field) }
    }

    @Test func `the table is bounded, in all and for each subject`() {
        var limits = SessionTable.Limits()
        limits.sessions = 10
        limits.sessionsOfSubject = 3
        let table = SessionTable(limits: limits)
        func subject(_ name: String) -> Subject {
            Subject(name: name, kind: .token, proof: .header, scopes: [])
        }
        func isOpen(_ session: SessionTable.Session) -> Bool {
            table.subject(Array(session.secret.utf8), now: 0) != nil
        }
        let quiet = table.begin(subject("quiet"), now: 0)
        let own = (0..<5).map { _ in table.begin(subject("busy"), now: 0) }
        #expect(own.map(isOpen) == [false, false, true, true, true])
        #expect(isOpen(quiet), "one subject does not end the sessions of another")
        #expect(table.count == 4)
        for number in 0..<7 { _ = table.begin(subject("s\(number)"), now: 0) }
        #expect(table.count == 10)
        #expect(!isOpen(quiet), "the oldest is the first to end")
        table.end(Array(own[4].secret.utf8))
        #expect(table.count == 9)
        #expect(table.subject(Array(own[3].secret.utf8), now: .max) == nil)
        #expect(table.count == 8)
    }
}

@Suite struct CertificateTests {
    private func map(_ entries: String...) throws -> CertificateMap {
        CertificateMap(try entries.map(CertificateMap.Entry.init))
    }

    @Test func `the first pattern that matches decides`() throws {
        let map = try map(
            "spiffe://example.org/admin = admin|records:read", "spiffe://example.org/*=events:read",
            "*.agents.example.org=records:write", "console=webhooks")
        let cases: [(CertificateNames, String, ScopeSet)] = [
            (
                .init(uris: ["spiffe://example.org/admin"]), "spiffe://example.org/admin",
                ScopeSet([.admin, .readRecords])
            ),
            (
                .init(uris: ["spiffe://example.org/a/b"]), "spiffe://example.org/a/b",
                ScopeSet([.readEvents])
            ),
            (
                .init(dnsNames: ["X.Agents.Example.org"]), "X.Agents.Example.org",
                ScopeSet([.writeRecords])
            ),
            (.init(commonName: "console"), "console", ScopeSet([.webhooks])),
            (
                .init(uris: ["urn:x"], dnsNames: ["a.agents.example.org"]), "a.agents.example.org",
                ScopeSet([.writeRecords])
            ),
        ]
        for (names, name, scopes) in cases {
            let subject = try map.subject(names)
            #expect(subject.name == name)
            #expect(subject.scopes == scopes)
            #expect(subject.kind == .certificate)
        }
    }

    @Test(arguments: [
        CertificateNames(), CertificateNames(uris: ["spiffe://example.org.evil/x"]),
        CertificateNames(uris: ["SPIFFE://example.org/x"]),
        CertificateNames(uris: ["spiffe://example.org"]),
        // A pattern for DNS names is not for URIs.
        CertificateNames(uris: ["spiffe://evil/x.agents.example.org"]),
        CertificateNames(dnsNames: ["agents.example.org"]),
        // The common name counts only without alternative names.
        CertificateNames(dnsNames: ["other"], commonName: "console"),
        CertificateNames(commonName: "Console"), CertificateNames(commonName: "console\u{0}"),
        CertificateNames(commonName: ""),
    ])
    func `no other name is a subject`(names: CertificateNames) throws {
        let map = try map(
            "spiffe://example.org/*=events:read", "*.agents.example.org=admin", "console=admin")
        #expect(throws: AccessError.unauthenticated(.certificate)) { try map.subject(names) }
    }

    @Test func `a subject ends with its certificate`() throws {
        let subject = try map("*=admin").subject(.init(commonName: "a", expires: 5))
        #expect(!subject.hasExpired(at: 4))
        #expect(subject.hasExpired(at: 5))
    }

    @Test(arguments: ["", "admin", "=admin", "x=", "x=root", "x=admin|"])
    func `an entry with an error is refused`(text: String) {
        #expect(throws: CertificateMap.Fault.self) { try CertificateMap.Entry(text) }
    }

    @Test func `a pattern with many stars costs little`() throws {
        let map = try map(String(repeating: "a*", count: 100) + "b=admin")
        let time = ContinuousClock().measure {
            #expect(throws: AccessError.self) {
                try map.subject(.init(commonName: String(repeating: "a", count: 256)))
            }
        }
        #expect(time < .seconds(1))
    }
}
