internal import Text

/// The algorithms of signatures that are accepted (RFC 7518 §3.1, RFC 8037 §3.1). All are asymmetric:
/// with `none` anybody could make a token, and with HMAC everybody who knows a public key.
enum JWTAlgorithmName: CaseIterable {
    case es256, es384, es512, rs256, rs384, rs512, ps256, ps384, ps512, edDSA

    /// The value of `alg`.
    var name: String {
        switch self {
        case .es256: "ES256"
        case .es384: "ES384"
        case .es512: "ES512"
        case .rs256: "RS256"
        case .rs384: "RS384"
        case .rs512: "RS512"
        case .ps256: "PS256"
        case .ps384: "PS384"
        case .ps512: "PS512"
        case .edDSA: "EdDSA"
        }
    }

    /// Reads a value of `alg`; nil for every other algorithm.
    init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name.hasBytes(of: name) }) else {
            return nil
        }
        self = found
    }
}
