internal import Text

/// A JSON Web Token in compact form (RFC 7519, RFC 7515 §7.1), taken apart but not yet verified.
///
/// Header and claims are read with this project's parser and not with jwt-kit's: duplicate members are
/// errors here, and no number of a header can end the process.
struct JSONWebToken: Sendable {
    /// The algorithm that the header names.
    let algorithm: JWTAlgorithmName
    /// The id of the key that the header names.
    let keyID: String?
    /// What is signed: header and claims, in base64url.
    let signed: [UInt8]
    /// The signature.
    let signature: [UInt8]
    private let payload: [UInt8]

    /// The longest id of a key, in bytes.
    static let longestKeyID = 256

    /// Takes a token apart.
    /// - Throws: `AccessError.unauthenticated` with `malformed` or `algorithm`.
    init(_ token: [UInt8]) throws(AccessError) {
        let parts = token.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Base64URL.decode(parts[0]),
            let payload = Base64URL.decode(parts[1]), let signature = Base64URL.decode(parts[2]),
            let header = try? JSONParser.parse(head, valueLimit: 64), !header.members.isNil
        else { throw .unauthenticated(.malformed) }
        // No extension is understood here, so none may be critical (RFC 7515 §4.1.11).
        guard header["crit"].isNil, Self.isAccessToken(header["typ"]) else {
            throw .unauthenticated(.malformed)
        }
        guard let name = header["alg"]?.string, let algorithm = JWTAlgorithmName(name: name) else {
            throw .unauthenticated(.algorithm)
        }
        if let id = header["kid"] {
            guard let text = id.string, text.utf8.count <= Self.longestKeyID else {
                throw .unauthenticated(.malformed)
            }
            keyID = text
        } else {
            keyID = nil
        }
        self.algorithm = algorithm
        self.payload = payload
        self.signature = signature
        signed = Array(token[..<parts[1].endIndex])
    }

    /// Reads the claims. Call it after the signature was verified.
    /// - Throws: `AccessError.unauthenticated` with `malformed`.
    func claims() throws(AccessError) -> JSONValue {
        guard let claims = try? JSONParser.parse(payload, valueLimit: 5000), !claims.members.isNil
        else { throw .unauthenticated(.malformed) }
        return claims
    }

    /// Tokens for other purposes have types of their own (RFC 8725 §3.11): a logout token must not be
    /// taken for an access token.
    private static func isAccessToken(_ type: JSONValue?) -> Bool {
        guard let type else { return true }
        guard let name = type.string else { return false }
        return ["JWT", "at+jwt", "application/at+jwt", "application/jwt"]
            .contains { $0.equalsIgnoringASCIICase(name) }
    }
}
