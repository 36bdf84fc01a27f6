public import Events
internal import Text

/// Identifies an opaque token without being a secret.
public enum TokenID: Sendable, Hashable {
    /// A token of the store, by its number.
    case stored(Int64)
    /// A token of the settings, by a part of its hash: its position would be another token's after the
    /// settings have changed.
    case fixed(UInt64)
}

/// An opaque token as the gateway knows it: its hash, and what it allows.
public struct TokenGrant: Sendable {
    /// Identifies the token.
    public let id: TokenID
    /// The name of the subject.
    public let name: String
    /// The hash of the token.
    public let hash: TokenHash
    /// What its holder may do.
    public let scopes: ScopeSet
    /// The only events that its holder may receive; nil allows every event.
    public let restriction: EventFilter?
    /// When it ends, in microseconds since 1970 (UTC); nil when it does not.
    public let expires: Int64?
    /// Whether it was revoked.
    public let isRevoked: Bool

    /// Makes a grant.
    public init(
        id: TokenID, name: String, hash: TokenHash, scopes: ScopeSet, restriction: EventFilter?,
        expires: Int64?, isRevoked: Bool = false
    ) {
        self.id = id
        self.name = name
        self.hash = hash
        self.scopes = scopes
        self.restriction = restriction
        self.expires = expires
        self.isRevoked = isRevoked
    }

    /// Returns why the token must no longer be used; nil when it may.
    /// - Parameter now: microseconds since 1970.
    func end(at now: Int64) -> AccessEnd? {
        if isRevoked { return .revoked }
        if let expires, expires <= now { return .expired }
        return nil
    }

    /// The subject of a request with this token.
    var subject: Subject {
        Subject(
            name: name, kind: .token, proof: .header, scopes: scopes, restriction: restriction,
            expires: expires, tokenID: id)
    }

    /// Returns why a name cannot be that of a subject; nil when it can.
    public static func fault(inName name: String) -> String? {
        Subject.isName(name)
            ? nil : "a subject has 1 to 256 bytes and no control characters"
    }
}

/// Why what was allowed is allowed no longer: the `reason` of the last frame of a stream.
public enum AccessEnd: Sendable {
    /// The time of the token is over.
    case expired
    /// The token was revoked.
    case revoked

    /// The reason, as the frame has it.
    public var name: String {
        switch self {
        case .expired: "expired"
        case .revoked: "revoked"
        }
    }
}
