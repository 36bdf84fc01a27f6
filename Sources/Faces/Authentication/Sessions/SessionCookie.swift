internal import Text

/// The cookie of a browser session (RFC 6265).
///
/// Over TLS its name begins with `__Host-`: a browser accepts it only with `Secure`, for `/`, and from
/// this very host, so that a page of a sibling domain cannot set it.
public enum SessionCookie {
    /// The name of the cookie.
    public static func name(isSecure: Bool) -> String {
        isSecure ? "__Host-directory-session" : "directory-session"
    }

    /// Returns the value of `Set-Cookie` that begins a session.
    /// - Parameter lifetime: in seconds.
    static func set(_ secret: String, lifetime: Int64, isSecure: Bool) -> String {
        "\(name(isSecure: isSecure))=\(secret); Max-Age=\(lifetime); \(attributes(isSecure))"
    }

    /// Returns the value of `Set-Cookie` that removes the cookie.
    static func clear(isSecure: Bool) -> String {
        "\(name(isSecure: isSecure))=; Max-Age=0; \(attributes(isSecure))"
    }

    private static func attributes(_ isSecure: Bool) -> String {
        "Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    }

    /// Finds the session in a `Cookie` field.
    /// - Returns: nil when there is none, or more than one: then another page may have set one of them.
    static func secret(in field: String, isSecure: Bool) -> [UInt8]? {
        let name = Array(Self.name(isSecure: isSecure).utf8)
        var found: [UInt8]?
        for pair in field.utf8.split(separator: UInt8(ascii: ";")) {
            let pair = pair.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard pair.starts(with: name) else { continue }
            let rest = pair.dropFirst(name.count)
            guard rest.first == UInt8(ascii: "=") else { continue }
            guard found == nil else { return nil }
            found = Array(rest.dropFirst())
        }
        return found
    }
}
