internal import HTTPTypes

/// The first line of a request (RFC 9112 §3).
struct RequestLine {
    let method: HTTPRequest.Method
    let path: String
    let query: String?
    let version: RequestHead.Version
    /// The authority of a target in absolute form, which must agree with `Host`.
    let authority: String?

    /// - Parameter line: without its CRLF.
    init(_ line: ArraySlice<UInt8>) throws(HTTPProtocolError) {
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            throw HTTPProtocolError("the request line must be a method, a target and a version")
        }
        guard !parts[0].isEmpty, parts[0].allSatisfy(ByteRules.isToken),
            let method = HTTPRequest.Method(String(decoding: parts[0], as: UTF8.self))
        else { throw HTTPProtocolError("the method is not a token") }
        guard !parts[1].isEmpty, parts[1].allSatisfy(ByteRules.isTarget) else {
            throw HTTPProtocolError("the request target has a character that must be encoded")
        }
        self.method = method
        version = try Self.version(parts[2])
        let target = try Self.originForm(String(decoding: parts[1], as: UTF8.self), method)
        authority = target.authority
        let halves = target.path.split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard !target.path.contains("#") else {
            throw HTTPProtocolError("the request target has a fragment")
        }
        path = String(halves[0])
        query = halves.count > 1 ? String(halves[1]) : nil
    }

    private static func version(_ bytes: ArraySlice<UInt8>) throws(HTTPProtocolError)
        -> RequestHead.Version
    {
        let text = String(decoding: bytes, as: UTF8.self)
        switch text {
        case "HTTP/1.1": return .http11
        case "HTTP/1.0": return .http10
        default:
            let isVersion =
                text.utf8.count == 8 && text.hasPrefix("HTTP/")
                && text.utf8.dropFirst(5).first.map(ByteRules.isDigit) == true
            throw isVersion
                ? HTTPProtocolError(505, "this server speaks HTTP/1.1 and HTTP/1.0")
                : HTTPProtocolError("the request line does not end with an HTTP version")
        }
    }

    /// Accepts the absolute form too, as every server must (RFC 9112 §3.2.2).
    private static func originForm(_ target: String, _ method: HTTPRequest.Method)
        throws(HTTPProtocolError) -> (path: String, authority: String?)
    {
        if target.hasPrefix("/") || (target == "*" && method == .options) { return (target, nil) }
        for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
            let rest = target.dropFirst(scheme.count)
            let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            let path = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
            return (path, String(rest[..<end]))
        }
        throw HTTPProtocolError("the request target must start with /")
    }
}
