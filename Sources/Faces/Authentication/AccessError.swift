internal import Text

/// Why a request is refused before it reaches its operation. No case holds a part of a credential.
public enum AccessError: Error, Sendable, Equatable {
    /// The request does not prove who makes it (401, gRPC UNAUTHENTICATED).
    case unauthenticated(Reason)
    /// The subject lacks a scope (403, gRPC PERMISSION_DENIED).
    case forbidden(missing: Scope, of: Subject.Kind = .token)
    /// A page of another origin made a browser send a change (403).
    case foreignOrigin
    /// The request names another host than this gateway (421).
    case misdirected
    /// The keys of JSON Web Tokens cannot be loaded (503, gRPC UNAVAILABLE).
    case keysUnavailable

    /// What is wrong with a credential.
    public enum Reason: Sendable, Equatable, CaseIterable {
        /// There is none.
        case missing
        /// `Authorization` is not `Bearer` and a token.
        case unknownScheme
        /// A token that is too long, incomplete or mistyped.
        case malformed
        /// A token that was never made here.
        case unknown
        /// A token whose time is over.
        case expired
        /// A token that was revoked.
        case revoked
        /// A JSON Web Token, and no keys are configured for such.
        case jwtNotAccepted
        /// A JSON Web Token whose algorithm is not allowed.
        case algorithm
        /// A JSON Web Token whose key is not in the key set.
        case unknownKey
        /// A JSON Web Token whose signature is wrong.
        case signature
        /// A JSON Web Token that is not valid yet.
        case notYetValid
        /// A JSON Web Token of another issuer.
        case issuer
        /// A JSON Web Token for another audience.
        case audience
        /// A JSON Web Token with a claim that is missing or cannot be read.
        case claims
        /// A session that has ended.
        case sessionEnded
        /// A client certificate that no pattern allows.
        case certificate
    }

    /// The status of HTTP.
    public var status: Int {
        switch self {
        case .unauthenticated: 401
        case .forbidden, .foreignOrigin: 403
        case .misdirected: 421
        case .keysUnavailable: 503
        }
    }

    /// The kind of the problem, the last part of its `type`.
    public var kind: String {
        switch self {
        case .unauthenticated: "unauthenticated"
        case .forbidden: "forbidden"
        case .foreignOrigin: "foreign-origin"
        case .misdirected: "misdirected"
        case .keysUnavailable: "keys-unavailable"
        }
    }

    /// The title of the problem, the same for every problem of this kind.
    public var title: String {
        switch self {
        case .unauthenticated: "Authentication required"
        case .forbidden: "Permission denied"
        case .foreignOrigin: "Origin not allowed"
        case .misdirected: "Misdirected request"
        case .keysUnavailable: "Keys unavailable"
        }
    }

    /// What is wrong, as a full sentence.
    public var detail: String {
        switch self {
        case .unauthenticated(let reason): reason.detail
        case .forbidden(let scope, .certificate):
            "The client certificate lacks the scope \(scope.name)."
        case .forbidden(let scope, _): "The token lacks the scope \(scope.name)."
        case .foreignOrigin:
            "A page of another origin must not make changes with a browser's sign-in."
        case .misdirected: "The Host of the request is not a name of this gateway."
        case .keysUnavailable: "The keys that JSON Web Tokens are checked with cannot be loaded."
        }
    }

    /// What the caller can do about it, as a full sentence.
    public var remedy: String {
        switch self {
        case .unauthenticated(let reason): reason.remedy
        case .forbidden(let scope, .certificate):
            "Add \(scope.name) to its pattern in auth.certificates, or send a token with that scope."
        case .forbidden(let scope, _):
            "Use a token with \(scope.name): 'dir-gateway token create --scopes \(scope.name)'."
        case .foreignOrigin: "Add the origin to cors.allowed_origins, or send a bearer token."
        case .misdirected: "Use localhost or 127.0.0.1, or add the name to allowed_hosts."
        case .keysUnavailable: "Retry later; the log of the gateway says what failed."
        }
    }

    /// The value of `WWW-Authenticate` (RFC 6750 §3); nil for errors without one.
    public var challenge: String? {
        let realm = "Bearer realm=\"directory-gateway\""
        switch self {
        case .unauthenticated(.missing): return realm
        case .unauthenticated(let reason):
            return "\(realm), error=\"invalid_token\", error_description=\"\(reason.detail)\""
        case .forbidden(let scope, _):
            return "\(realm), error=\"insufficient_scope\", scope=\"\(scope.name)\""
        case .foreignOrigin, .misdirected, .keysUnavailable: return nil
        }
    }
}

extension AccessError.Reason {
    /// What is wrong, as a full sentence without quotes.
    var detail: String {
        switch self {
        case .missing: "The request carries no token."
        case .unknownScheme: "The Authorization field is not Bearer and a token."
        case .malformed: "The token is incomplete or mistyped."
        case .unknown: "The token is not known."
        case .expired: "The token has expired."
        case .revoked: "The token was revoked."
        case .jwtNotAccepted: "JSON Web Tokens are not accepted here."
        case .algorithm: "The algorithm of the token is not allowed."
        case .unknownKey: "The key of the token is not in the key set."
        case .signature: "The signature of the token is wrong."
        case .notYetValid: "The token is not valid yet."
        case .issuer: "The token is from another issuer."
        case .audience: "The token is for another audience."
        case .claims: "A claim of the token is missing or invalid."
        case .sessionEnded: "The session has ended."
        case .certificate: "The subject of the client certificate is not allowed."
        }
    }

    /// What the caller can do about it.
    var remedy: String {
        switch self {
        case .missing, .unknownScheme:
            "Send 'Authorization: Bearer TOKEN'; 'dir-gateway token create' makes a token."
        case .malformed: "Check that the whole token is sent, and nothing else."
        case .unknown, .expired, .revoked: "Ask for a new token: 'dir-gateway token create'."
        case .jwtNotAccepted: "Use a token of this gateway, or configure auth.jwt.jwks."
        case .algorithm:
            "Sign with one of \(JWTAlgorithmName.allCases.map(\.name).joined(separator: ", "))."
        case .unknownKey, .signature: "Sign with a key of auth.jwt.jwks, and name it in 'kid'."
        case .notYetValid: "Retry later, and compare the clocks of both machines."
        case .issuer: "Use a token of the issuer in auth.jwt.issuer."
        case .audience: "Ask the issuer for a token for the audience in auth.jwt.audience."
        case .claims:
            "The claims iss, aud, sub and exp are required; directory_events holds lists that are not empty."
        case .sessionEnded: "Sign in again."
        case .certificate: "Add a pattern for it to auth.certificates."
        }
    }
}
