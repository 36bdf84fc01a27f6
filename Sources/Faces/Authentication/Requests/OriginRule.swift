internal import Text

/// Which pages may change something with what a browser sends by itself: a cookie, or a client
/// certificate (cross-site request forgery, CSRF). `SameSite` alone does not stop a page of a sibling
/// domain.
struct OriginRule: Sendable {
    private let allowed: [String]

    /// - Parameter allowed: `cors.allowed_origins`. `*` does not count: it is for requests without
    ///   credentials.
    init(allowed: [String]) { self.allowed = allowed.filter { !$0.hasBytes(of: "*") } }

    /// Returns whether a request may be carried out.
    /// - Parameters:
    ///   - proof: what the request rests on.
    ///   - method: the method, in upper case as it is sent.
    ///   - origin: the field `Origin`.
    ///   - host: the authority of the request.
    ///   - isSecure: whether the connection is over TLS.
    func allows(
        _ proof: Subject.Proof, method: String, origin: String?, host: String?, isSecure: Bool
    ) -> Bool {
        guard proof == .cookie || proof == .certificate else { return true }
        guard !["GET", "HEAD", "OPTIONS"].contains(bytesOf: method) else { return true }
        guard let origin else {
            // Every browser sends it with a change; a program with a certificate does not.
            return proof == .certificate
        }
        if allowed.contains(where: { $0.equalsIgnoringASCIICase(origin) }) { return true }
        guard let host, let page = Self.authority(origin) else { return false }
        // In the clear, a proxy before this gateway may have ended TLS.
        return (page.isSecure || !isSecure)
            && Self.withoutPort(page.text, page.isSecure).equalsIgnoringASCIICase(
                Self.withoutPort(host, page.isSecure))
    }

    /// Returns the authority of an origin; nil for `null` and for what is no origin of HTTP.
    private static func authority(_ origin: String) -> (text: String, isSecure: Bool)? {
        for (scheme, isSecure) in [("https://", true), ("http://", false)]
        where origin.hasBytePrefix(scheme) {
            let text = String(decoding: origin.utf8.dropFirst(scheme.utf8.count), as: UTF8.self)
            return text.isEmpty ? nil : (text, isSecure)
        }
        return nil
    }

    /// Returns an authority without the port that its scheme implies.
    private static func withoutPort(_ authority: String, _ isSecure: Bool) -> String {
        let port = isSecure ? ":443" : ":80"
        guard authority.hasByteSuffix(port) else { return authority }
        return String(decoding: authority.utf8.dropLast(port.utf8.count), as: UTF8.self)
    }
}
