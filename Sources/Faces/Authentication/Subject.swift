public import Events

/// Who makes a request, and what that subject may do.
public struct Subject: Sendable {
    /// The kinds of subject.
    public enum Kind: Sendable {
        /// Any client of a gateway that asks for no proof (`auth.mode: open`).
        case anonymous
        /// The holder of an opaque token.
        case token
        /// The subject of a JSON Web Token.
        case jwt
        /// The subject of a client certificate.
        case certificate

        /// The name of the kind.
        public var name: String {
            switch self {
            case .anonymous: "anonymous"
            case .token: "token"
            case .jwt: "jwt"
            case .certificate: "certificate"
            }
        }
    }

    /// What the request itself carried.
    public enum Proof: Sendable {
        /// Nothing was asked for.
        case none
        /// `Authorization`, which a program sets.
        case header
        /// A cookie, which a browser sends by itself.
        case cookie
        /// A client certificate, which a browser may send by itself too.
        case certificate
    }

    /// The name, for logs and for limits.
    public let name: String
    /// The kind.
    public let kind: Kind
    /// How this request proved it.
    public let proof: Proof
    /// What it may do.
    public let scopes: ScopeSet
    /// The only events that it may receive; nil allows every event.
    public let restriction: EventFilter?
    /// When the proof ends, in microseconds since 1970 (UTC); nil when it does not.
    public let expires: Int64?
    /// Identifies the opaque token, for its revocation; nil for other proofs.
    public let tokenID: TokenID?

    /// Makes a subject.
    public init(
        name: String, kind: Kind, proof: Proof, scopes: ScopeSet, restriction: EventFilter? = nil,
        expires: Int64? = nil, tokenID: TokenID? = nil
    ) {
        self.name = name
        self.kind = kind
        self.proof = proof
        self.scopes = scopes
        self.restriction = restriction
        self.expires = expires
        self.tokenID = tokenID
    }

    /// The subject of every request while `auth.mode` is `open`.
    public static let anonymous = Subject(
        name: "anonymous", kind: .anonymous, proof: .none, scopes: .all)

    /// Identifies the subject for limits and idempotency keys: subjects of two kinds that have the same
    /// name are two subjects. A session is its token's subject.
    public var identity: String { "\(kind.name):\(name)" }

    /// Checks that the subject has a scope.
    /// - Throws: `AccessError.forbidden`.
    public func require(_ scope: Scope) throws(AccessError) {
        guard scopes.contains(scope) else { throw .forbidden(missing: scope, of: kind) }
    }

    /// Returns the filter of a stream, a page of the event log or a webhook: what is asked for, within
    /// what the subject may receive.
    public func filter(_ asked: EventFilter) -> EventFilter {
        restriction.map(asked.intersection) ?? asked
    }

    /// Returns whether the proof has ended.
    /// - Parameter now: microseconds since 1970.
    public func hasExpired(at now: Int64) -> Bool { expires.map { $0 <= now } ?? false }

    /// Returns the same subject with another proof.
    func proved(by proof: Proof) -> Subject {
        Subject(
            name: name, kind: kind, proof: proof, scopes: scopes, restriction: restriction,
            expires: expires, tokenID: tokenID)
    }

    /// The rules of a name: what stands in logs must be one readable line. 1 to 256 bytes, no control
    /// characters, no line or paragraph separators.
    static func isName(_ name: String) -> Bool {
        (1...256).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate,
                    .privateUse, .unassigned:
                    false
                default: true
                }
            }
    }
}
