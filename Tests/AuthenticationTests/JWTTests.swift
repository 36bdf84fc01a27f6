import Crypto
import Events
import Foundation
import Synchronization
import TestSupport
import Testing
import Text

@testable import Authentication

/// 2026-01-01, in seconds and in microseconds since 1970.
private let second: Int64 = 1_767_225_600
private let now = second * 1_000_000

private let policy = JWTPolicy(issuer: "https://issuer.example", audience: "directory")

private func claims(_ more: String = "", leaving: [String] = []) -> String {
    let all = [
        ("iss", #""https://issuer.example""#), ("aud", #"["other","directory"]"#),
        ("sub", #""alice""#), ("exp", "\(second + 600)"),
    ]
    let members = all.filter { !leaving.contains($0.0) }.map { #""\#($0.0)":\#($0.1)"# }
    return "{" + (members + (more.isEmpty ? [] : [more])).joined(separator: ",") + "}"
}

private func verifier(_ document: [UInt8]) -> JWTVerifier {
    JWTVerifier(policy, keys: .remote { document }, clock: { .zero }, report: { _ in })
}

/// Returns the subject, or why there is none.
private func outcome(_ verifier: JWTVerifier, _ token: String) async -> Result<Subject, AccessError>
{
    do { return .success(try await verifier.subject(of: Array(token.utf8), now: now)) } catch {
        return .failure(error)
    }
}

private func reason(_ verifier: JWTVerifier, _ token: String) async -> AccessError.Reason? {
    if case .failure(.unauthenticated(let reason)) = await outcome(verifier, token) {
        return reason
    }
    return nil
}

@Suite struct JWTTests {
    @Test func `a token of each kind of key proves its subject and scopes`() async throws {
        let keys = try [TestKey.es256(), .edDSA(), .rsa(), .rsa("pss", isPSS: true)]
        let verifier = verifier(keySet(keys))
        for key in keys {
            let token = try key.token(claims(#""scope":"openid events:read records:write""#))
            let subject = try await verifier.subject(of: Array(token.utf8), now: now)
            #expect(subject.name == "alice")
            #expect(subject.kind == .jwt)
            #expect(subject.scopes == ScopeSet([.readEvents, .writeRecords]))
            #expect(subject.restriction == nil)
            #expect(subject.expires == now + 630_000_000)
            #expect(subject.tokenID == nil)
        }
    }

    @Test(arguments: [
        (#""scp":"events:read admin""#, ScopeSet([.readEvents, .admin])),
        (#""scp":["webhooks","profile"]"#, ScopeSet([.webhooks])),
        (#""scope":"webhooks","scp":["admin"]"#, ScopeSet([.webhooks])),
        (#""scope":"EVENTS:READ""#, ScopeSet([])), (#""x":1"#, ScopeSet([])),
    ])
    func `scopes are read from scope, else from scp`(claim: String, scopes: ScopeSet) async throws {
        let key = TestKey.es256()
        let token = try key.token(claims(claim))
        #expect(try await outcome(verifier(keySet([key])), token).get().scopes == scopes)
    }

    @Test func `the claim directory_events restricts the events`() async throws {
        let key = TestKey.es256()
        let verifier = verifier(keySet([key]))
        let filter = #"{"types":["RECORD_PUSHED"],"labels":["/skills/AI"],"cids":["a","b"]}"#
        let token = try key.token(claims(#""directory_events":\#(filter)"#))
        #expect(
            try await outcome(verifier, token).get().restriction
                == EventFilter(types: [.recordPushed], labels: ["/skills/AI"], cids: ["a", "b"]))
        let faulty = [
            "[]", "null", #""x""#, #"{"label":["x"]}"#, #"{"labels":[]}"#, #"{"labels":[""]}"#,
            #"{"labels":"x"}"#, #"{"labels":[1]}"#, #"{"types":["RECORD_PUSHD"]}"#,
        ]
        for filter in faulty {
            let token = try key.token(claims(#""directory_events":\#(filter)"#))
            #expect(await reason(verifier, token) == .claims, "\(filter)")
        }
    }

    @Test(arguments: [
        ("iss", "", AccessError.Reason.issuer),
        ("iss", #""iss":"https://issuer.example/""#, .issuer),
        ("iss", #""iss":1"#, .issuer), ("aud", "", .audience),
        ("aud", #""aud":"other""#, .audience),
        ("aud", #""aud":["Directory"]"#, .audience), ("sub", "", .claims),
        ("sub", #""sub":"""#, .claims),
        ("sub", #""sub":"a\nb""#, .claims), ("exp", "", .claims),
        ("exp", #""exp":"soon""#, .claims),
        ("exp", #""exp":1e300"#, .claims), ("exp", #""exp":-1e300"#, .claims),
        ("exp", #""exp":\#(second - 31)"#, .expired), ("", #""nbf":\#(second + 31)"#, .notYetValid),
        ("", #""nbf":"x""#, .claims), ("", #""iat":\#(second + 31)"#, .notYetValid),
        ("", #""scope":["events:read"]"#, .claims), ("", #""scp":[1]"#, .claims),
    ])
    func `a claim that is missing or wrong has its own error`(
        claim: String, instead: String, expected: AccessError.Reason
    ) async throws {
        let key = TestKey.es256()
        let token = try key.token(claims(instead, leaving: [claim]))
        #expect(await reason(verifier(keySet([key])), token) == expected)
    }

    @Test func `clocks may differ by half a minute`() async throws {
        let key = TestKey.es256()
        let verifier = verifier(keySet([key]))
        for more in [#""exp":\#(second - 29)"#, #""exp":\#(second + 9),"nbf":\#(second + 29)"#] {
            let token = try key.token(claims(more, leaving: ["exp"]))
            await #expect(throws: Never.self) { _ = try await outcome(verifier, token).get() }
        }
    }

    @Test func `algorithms without a secret, or with a public one, are refused`() async throws {
        let key = try TestKey.rsa()
        let oct = #"{"kty":"oct","kid":"oct","alg":"HS256","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}"#
        let verifier = verifier(keySet([key], others: [oct]))
        for name in ["none", "None", "NONE", "HS256", "HS512", "rs256", "RSA-OAEP", "ES256K", ""] {
            for id in ["rsa", "oct"] {
                let head = #"{"alg":"\#(name)","kid":"\#(id)"}"#
                let token = try key.token(claims(), header: head)
                #expect(await reason(verifier, token) == .algorithm, "\(name)")
                let unsigned = token.split(separator: ".").prefix(2).joined(separator: ".") + "."
                #expect(await reason(verifier, unsigned) == .algorithm, "\(name)")
            }
        }
        // The classic: the public key, which everybody knows, as the secret of an HMAC.
        let head = Base64URL.encode(Array(#"{"alg":"HS256","kid":"rsa"}"#.utf8))
        let signed = head + "." + Base64URL.encode(Array(claims().utf8))
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(signed.utf8), using: SymmetricKey(data: Data(try TestKey.rsaPEM().utf8)))
        let forged = signed + "." + Base64URL.encode(Array(code))
        #expect(await reason(verifier, forged) == .algorithm)
    }

    @Test func `a key is only for the algorithms of its own type`() async throws {
        let (ec, ed, rsa) = (TestKey.es256(), TestKey.edDSA(), try TestKey.rsa())
        let verifier = verifier(keySet([ec, ed, rsa]))
        for (key, name) in [
            (ec, "EdDSA"), (ec, "ES384"), (ec, "RS256"), (ed, "ES256"), (rsa, "ES256"),
        ] {
            let token = try key.token(claims(), header: #"{"alg":"\#(name)","kid":"\#(key.id)"}"#)
            #expect(await reason(verifier, token) == .unknownKey, "\(key.id) as \(name)")
        }
        // A key without "alg" is for all of its type, and one token does not settle it for the next.
        let wrong = try rsa.token(claims(), header: #"{"alg":"PS384","kid":"rsa"}"#)
        #expect(await reason(verifier, wrong) == .signature)
        await #expect(throws: Never.self) {
            _ = try await outcome(verifier, try rsa.token(claims())).get()
        }
    }

    @Test func `without a key id there must be one key only`() async throws {
        let key = TestKey.es256("a")
        let token = try key.token(claims(), header: #"{"alg":"ES256"}"#)
        await #expect(throws: Never.self) {
            _ = try await outcome(verifier(keySet([key, .edDSA()])), token).get()
        }
        #expect(await reason(verifier(keySet([key, .es256("b")])), token) == .unknownKey)
    }

    @Test func `a broken key does not make the others useless`() async throws {
        let key = TestKey.es256()
        let others = [
            #"{"kty":"EC","crv":"P-256","kid":"x","x":"AA","y":"AA"}"#,
            #"{"kty":"EC","crv":"secp256k1","kid":"x","x":"AA","y":"AA"}"#,
            #"{"kty":"RSA","kid":"x","n":"AQAB","e":"AQAB"}"#, #"{"kty":"RSA","kid":"x"}"#,
            #"{"kty":"RSA","use":"enc","alg":"RSA-OAEP-256","kid":"x","n":"AQAB","e":"AQAB"}"#,
            #"{"kty":1}"#, "7", "null",
        ]
        let document = keySet([key], others: others)
        #expect(try await JWTKeySet(document).ignored == others.count)
        await #expect(throws: Never.self) {
            _ = try await outcome(verifier(document), try key.token(claims())).get()
        }
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"keys":{}}"#, #"{"keys":[]}"#, #"{"keys":[{"kty":"oct","k":"AA"}]}"#,
        #"{"keys":[],"keys":[]}"#,
    ])
    func `a document without a usable key is no key set`(text: String) async throws {
        await #expect(throws: JWTKeySetError.self) { try await JWTKeySet(Array(text.utf8)) }
        let token = try TestKey.es256().token(claims())
        let verifier = verifier(Array(text.utf8))
        await #expect(throws: AccessError.keysUnavailable) {
            try await outcome(verifier, token).get()
        }
    }

    @Test func `whatever is changed in a token, it is refused`() async throws {
        let seed = testSeed()
        var random = Seeded(seed: seed)
        for key in try [TestKey.es256(), .edDSA(), .rsa()] {
            let verifier = verifier(keySet([key]))
            let token = Array(try key.token(claims()).utf8)
            for _ in 0..<150 {
                var changed = token
                let place = Int.random(in: changed.indices, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0:
                    changed[place] =
                        changed[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                case 1: changed.remove(at: place)
                default: changed.insert(UInt8(ascii: "A"), at: place)
                }
                guard changed != token else { continue }
                let text = String(decoding: changed, as: UTF8.self)
                #expect(
                    await reason(verifier, text) != nil, "seed \(seed): \(key.id), byte \(place)")
            }
        }
    }

    @Test(arguments: [
        #"{"alg":"ES256","kid":"ec","crit":["exp"]}"#, #"{"alg":"ES256","kid":7}"#,
        #"{"alg":"ES256","kid":"ec","typ":"logout+jwt"}"#, #"{"alg":"ES256","kid":"ec","typ":1}"#,
        #"{"alg":"ES256","alg":"ES256","kid":"ec"}"#, "[]", "x",
    ])
    func `a header with what is not understood is refused`(header: String) async throws {
        let key = TestKey.es256()
        let token = try key.token(claims(), header: header)
        #expect(await reason(verifier(keySet([key])), token) == .malformed)
    }

    /// jwt-kit turns each number of a header into an Int.
    @Test func `a number of any size in the header does no harm`() async throws {
        let key = TestKey.es256()
        let token = try key.token(claims(), header: #"{"alg":"ES256","kid":"ec","x":1e300}"#)
        await #expect(throws: Never.self) {
            _ = try await outcome(verifier(keySet([key])), token).get()
        }
    }
}

@Suite struct JWTRotationTests {
    /// An issuer that counts how often its keys are fetched, and a clock.
    private final class Issuer: Sendable {
        struct State {
            var document: [UInt8]?
            var fetches = 0
            var clock: Duration = .zero
            var reports: [String] = []
        }
        let state: Mutex<State>

        init(_ document: [UInt8]?) { state = Mutex(State(document: document)) }

        func cache() -> JWTKeyCache {
            JWTKeyCache(
                .remote {
                    try self.state.withLock { state in
                        state.fetches += 1
                        guard let document = state.document else {
                            throw JWTKeySetError(description: "no route to the issuer")
                        }
                        return document
                    }
                }, clock: { self.state.withLock { $0.clock } },
                report: { text in self.state.withLock { $0.reports.append(text) } })
        }

        func pass(_ time: Duration) { state.withLock { $0.clock += time } }
        var fetches: Int { state.withLock { $0.fetches } }
        func serve(_ document: [UInt8]?) { state.withLock { $0.document = document } }
    }

    @Test func `a new key is found, and unknown ones cause a fetch a minute at most`() async throws
    {
        let (old, new) = (TestKey.es256("old"), TestKey.es256("new"))
        let issuer = Issuer(keySet([old]))
        let verifier = JWTVerifier(policy, cache: issuer.cache())
        let token = try old.token(claims())
        _ = try await outcome(verifier, token).get()
        #expect(issuer.fetches == 1)
        issuer.serve(keySet([new]))
        let renewed = try new.token(claims())
        for _ in 0..<20 { #expect(await reason(verifier, renewed) == .unknownKey) }
        #expect(issuer.fetches == 1)
        issuer.pass(.seconds(60))
        _ = try await outcome(verifier, renewed).get()
        #expect(issuer.fetches == 2)
        #expect(await reason(verifier, token) == .unknownKey, "the old key was withdrawn")
        for _ in 0..<20 { #expect(await reason(verifier, token) == .unknownKey) }
        #expect(issuer.fetches == 2)
    }

    @Test func `requests at the same time share one fetch`() async throws {
        let key = TestKey.es256()
        let issuer = Issuer(keySet([key]))
        let verifier = JWTVerifier(policy, cache: issuer.cache())
        let token = try key.token(claims())
        await withTaskGroup { group in
            for _ in 0..<50 {
                group.addTask { #expect(await reason(verifier, token) == nil) }
            }
        }
        #expect(issuer.fetches == 1)
    }

    @Test func `keys that cannot be renewed are used for a day`() async throws {
        let key = TestKey.es256()
        let issuer = Issuer(keySet([key]))
        let cache = issuer.cache()
        let verifier = JWTVerifier(policy, cache: cache)
        let token = try key.token(claims())
        _ = try await outcome(verifier, token).get()
        issuer.serve(nil)
        for _ in 0..<23 {
            issuer.pass(.seconds(3600))
            _ = try await outcome(verifier, token).get()
        }
        issuer.pass(.seconds(2 * 3600))
        await #expect(throws: AccessError.keysUnavailable) {
            try await outcome(verifier, token).get()
        }
        #expect(issuer.state.withLock { $0.reports.first } == "no route to the issuer")
        issuer.serve(keySet([key]))
        issuer.pass(.seconds(1))
        _ = try await outcome(verifier, token).get()
    }

    @Test func `an issuer that cannot be reached is asked again after a second`() async throws {
        let key = TestKey.es256()
        let issuer = Issuer(nil)
        let verifier = JWTVerifier(policy, cache: issuer.cache())
        let token = try key.token(claims())
        for _ in 0..<10 {
            await #expect(throws: AccessError.keysUnavailable) {
                try await outcome(verifier, token).get()
            }
        }
        #expect(issuer.fetches == 1)
        issuer.serve(keySet([key]))
        issuer.pass(.seconds(1))
        _ = try await outcome(verifier, token).get()
    }

    @Test func `a file is read again when it has changed`() async throws {
        let path = NSTemporaryDirectory() + "keys-\(UUID().uuidString).json"
        let (first, second) = (TestKey.es256("a"), TestKey.edDSA("a"))
        let clock = Mutex(Duration.zero)
        try Data(keySet([first])).write(to: URL(filePath: path))
        let reports = Mutex<[String]>([])
        let verifier = JWTVerifier(
            policy, keys: .file(path), clock: { clock.withLock { $0 } },
            report: { text in reports.withLock { $0.append(text) } })
        _ = try await outcome(verifier, try first.token(claims())).get()
        try Data(keySet([second])).write(to: URL(filePath: path), options: .atomic)
        clock.withLock { $0 += .seconds(1) }
        _ = try await outcome(verifier, try second.token(claims())).get()
        #expect(await reason(verifier, try first.token(claims())) == .unknownKey)
        // A file that is broken while it is edited changes nothing.
        try Data("{".utf8).write(to: URL(filePath: path), options: .atomic)
        clock.withLock { $0 += .seconds(1) }
        _ = try await outcome(verifier, try second.token(claims())).get()
        #expect(reports.withLock { $0.count } == 1)
        try FileManager.default.removeItem(atPath: path)
    }
}
