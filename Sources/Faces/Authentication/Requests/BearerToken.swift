internal import Text

/// The token of an `Authorization` field (RFC 6750 §2.1).
struct BearerToken: Sendable, CustomStringConvertible, CustomReflectable {
    /// The forms that a token can have.
    enum Form {
        /// `dgt_…`, or a token that the operator has chosen.
        case opaque
        /// Three parts in base64url (RFC 7519).
        case jwt
    }

    /// The bytes of the token.
    let bytes: [UInt8]
    /// The form.
    let form: Form

    /// The longest token. Nearly all of a request's header section may be its token.
    static let longest = 8 << 10

    /// Reads the value of an `Authorization` field.
    /// - Throws: `AccessError.unauthenticated`.
    init(_ field: String) throws(AccessError) {
        let scheme = "bearer "
        guard field.utf8.count <= Self.longest + 64 else { throw .unauthenticated(.malformed) }
        let text = field.trimmedASCII
        guard text.utf8.count > scheme.utf8.count,
            zip(text.utf8, scheme.utf8).allSatisfy({ ASCII.lowercased($0) == $1 })
        else { throw .unauthenticated(.unknownScheme) }
        bytes = Array(text.utf8.dropFirst(scheme.utf8.count).drop { $0 == UInt8(ascii: " ") })
        guard Self.isToken(bytes), bytes.count <= Self.longest else {
            throw .unauthenticated(.malformed)
        }
        form = Self.isJWT(bytes) ? .jwt : .opaque
    }

    /// Returns whether the bytes are a `b64token`.
    static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
        let token = bytes.prefix {
            ASCII.isLetter($0) || ASCII.isDigit($0) || "-._~+/".utf8.contains($0)
        }
        return !token.isEmpty
            && bytes.dropFirst(token.count).allSatisfy { $0 == UInt8(ascii: "=") }
    }

    /// Returns whether the token has the three parts of a JSON Web Token.
    static func isJWT(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.count { $0 == UInt8(ascii: ".") } == 2 && !bytes.starts(with: OpaqueToken.prefix.utf8)
    }

    /// Does not show the token.
    var description: String { "a bearer token" }

    /// Shows nothing of the token.
    var customMirror: Mirror { Mirror(self, children: []) }
}
