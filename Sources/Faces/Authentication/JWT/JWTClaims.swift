internal import Events
internal import Text

/// The rules for the claims of a verified token (RFC 7519 §4.1, RFC 9068 §4).
struct JWTClaims {
    private let claims: JSONValue
    private let policy: JWTPolicy

    init(_ claims: JSONValue, _ policy: JWTPolicy) {
        self.claims = claims
        self.policy = policy
    }

    /// Returns the subject.
    /// - Parameter now: microseconds since 1970.
    /// - Throws: `AccessError.unauthenticated` for the first rule that is broken.
    func subject(now: Int64) throws(AccessError) -> Subject {
        guard claims["iss"]?.string?.hasBytes(of: policy.issuer) ?? false else {
            throw .unauthenticated(.issuer)
        }
        guard try isForAudience() else { throw .unauthenticated(.audience) }
        guard let expires = try time("exp"), let name = claims["sub"]?.string, Subject.isName(name)
        else { throw .unauthenticated(.claims) }
        let end = expires + policy.leeway
        guard end > now else { throw .unauthenticated(.expired) }
        for claim in ["nbf", "iat"] {
            guard let begin = try time(claim) else { continue }
            guard begin - policy.leeway <= now else { throw .unauthenticated(.notYetValid) }
        }
        return Subject(
            name: name, kind: .jwt, proof: .header, scopes: try scopes(),
            restriction: try restriction(), expires: end)
    }

    private func isForAudience() throws(AccessError) -> Bool {
        guard let audience = claims["aud"] else { return false }
        return (audience.array ?? [audience]).contains {
            $0.string?.hasBytes(of: policy.audience) ?? false
        }
    }

    /// Returns a time in microseconds since 1970; nil when there is none.
    /// - Throws: when the claim is not a number of seconds within some 100,000 years.
    private func time(_ claim: String) throws(AccessError) -> Int64? {
        guard let value = claims[claim] else { return nil }
        guard let seconds = value.number, abs(seconds) < 4e12 else {
            throw .unauthenticated(.claims)
        }
        return Int64(seconds * 1_000_000)
    }

    /// Scopes that are not ours are ignored: an issuer has others, such as `openid`.
    private func scopes() throws(AccessError) -> ScopeSet {
        guard let value = claims["scope"] ?? claims["scp"] else { return [] }
        if let text = value.string { return ScopeSet(knownIn: text.split(on: UInt8(ascii: " "))) }
        guard claims["scope"].isNil, let items = value.array,
            items.allSatisfy({ !$0.string.isNil })
        else { throw .unauthenticated(.claims) }
        return ScopeSet(knownIn: items.compactMap(\.string))
    }

    private func restriction() throws(AccessError) -> EventFilter? {
        guard let value = claims["directory_events"] else { return nil }
        do { return try EventFilter(restriction: value) } catch {
            throw .unauthenticated(.claims)
        }
    }
}
