internal import FoundationEssentials

/// The address of a gateway.
public struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    /// `http://127.0.0.1:8080`, without a slash at the end.
    public let description: String
    /// Whether the gateway is below a path of the server.
    let hasPath: Bool

    /// Reads `https://dir.example.org`, `http://127.0.0.1:8080/base`, or `host:port`, which means
    /// http.
    /// - Throws: `DirectoryClientError.invalidAddress`.
    public init(_ text: String) throws(DirectoryClientError) {
        let full = text.contains("://") ? text : "http://\(text)"
        guard let url = URLComponents(string: full), let scheme = url.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = url.host, !host.isEmpty,
            url.user == nil, url.password == nil, url.query == nil, url.fragment == nil,
            (1...65535).contains(url.port ?? 80)
        else { throw .invalidAddress(text) }
        var path = url.percentEncodedPath
        while path.hasSuffix("/") { path.removeLast() }
        let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        hasPath = !path.isEmpty
        description = "\(scheme)://\(name)\(url.port.map { ":\($0)" } ?? "")\(path)"
    }
}
