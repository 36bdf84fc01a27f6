internal import Addresses
internal import Directory
internal import FoundationEssentials
internal import Text

/// The address of a remote gateway: scheme, host, port, and an optional path prefix (RFC 3986).
struct RemoteURL: Sendable, Equatable, CustomStringConvertible {
    let isSecure: Bool
    /// In lower case, without brackets.
    let host: String
    let port: UInt16
    /// Empty, or with a slash at its start and none at its end.
    let path: String

    /// Parses an address.
    /// - Throws: `RemoteError` of the kind `invalidAddress`.
    init(_ text: String) throws(RemoteError) {
        func refuse(_ reason: String) -> RemoteError {
            RemoteError(
                .invalidAddress,
                "'\(String(decoding: text.utf8.prefix(200), as: UTF8.self))' \(reason)")
        }
        guard text.utf8.count <= Self.longest, let url = URLComponents(string: text),
            let scheme = url.scheme?.lowercasedASCII, ["http", "https"].contains(bytesOf: scheme),
            var host = url.encodedHost?.lowercasedASCII, !host.isEmpty
        else {
            throw refuse("is no address such as https://dir.example.org or http://127.0.0.1:8080")
        }
        guard url.user.isNil, url.password.isNil else { throw refuse("must not hold a password") }
        guard url.query.isNil, url.fragment.isNil else {
            throw refuse("must end with its path: no '?', no '#'")
        }
        var isBracketed = false
        if host.hasBytePrefix("["), host.hasByteSuffix("]") {
            host = String(Substring(host.utf8.dropFirst().dropLast()))
            isBracketed = true
        }
        // A zone (RFC 6874) names an interface of a link-local address, which is never allowed.
        guard !host.utf8.contains(UInt8(ascii: "%")) else {
            throw refuse("has a host that is not one")
        }
        // Brackets are accepted only where `description` writes them.
        guard !isBracketed || IPAddress.bytes(host)?.count == 16 else {
            throw refuse("has something else than an IPv6 address in brackets")
        }
        // libcurl parses the address again, and must find the same host.
        guard host.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw refuse("has a host that is not ASCII: write it as xn--…")
        }
        isSecure = scheme.hasBytes(of: "https")
        self.host = host
        guard let port = UInt16(exactly: url.port ?? (isSecure ? 443 : 80)), port > 0 else {
            throw refuse("has a port that is not one")
        }
        self.port = port
        var path = url.percentEncodedPath
        while path.hasByteSuffix("/") { path = String(Substring(path.utf8.dropLast())) }
        self.path = path
        // Encoding makes a text longer, and the normal form is what is parsed the next time.
        guard description.utf8.count <= Self.longest else {
            throw refuse("is longer than \(Self.longest) bytes")
        }
    }

    private static let longest = 2000

    /// The normal form.
    var description: String {
        let isStandard = port == (isSecure ? 443 : 80)
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return "\(isSecure ? "https" : "http")://\(name)\(isStandard ? "" : ":\(port)")\(path)"
    }
}
