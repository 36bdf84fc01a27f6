internal import HTTPTypes

/// The first line of a request (RFC 9112 §3).
struct RequestLine {
    let method: HTTPRequest.Method
    let path: String
    let query: String?
    let version: RequestHead.Version
    /// The authority of a target in absolute form, which must be equal to `Host`.
    let authority: ArraySlice<UInt8>?

    /// Parses a request line.
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
        guard !parts[1].contains(UInt8(ascii: "#")) else {
            throw HTTPProtocolError("the request target has a fragment")
        }
        self.method = method
        version = try Self.version(parts[2])
        let target = try Self.originForm(parts[1], method)
        authority = target.authority
        let mark = target.path.firstIndex(of: UInt8(ascii: "?"))
        let path = String(decoding: target.path[..<(mark ?? target.path.endIndex)], as: UTF8.self)
        self.path = path.utf8.isEmpty ? "/" : path
        query = mark.map { String(decoding: target.path[($0 + 1)...], as: UTF8.self) }
    }

    private static func version(_ bytes: ArraySlice<UInt8>) throws(HTTPProtocolError)
        -> RequestHead.Version
    {
        guard bytes.count == 8, bytes.starts(with: "HTTP/".utf8),
            ByteRules.isDigit(bytes[bytes.startIndex + 5])
        else { throw HTTPProtocolError("the request line does not end with an HTTP version") }
        if bytes.elementsEqual("HTTP/1.1".utf8) { return .http11 }
        if bytes.elementsEqual("HTTP/1.0".utf8) { return .http10 }
        throw HTTPProtocolError(505, "this server speaks HTTP/1.1 and HTTP/1.0")
    }

    /// Returns the target in origin form. Accepts the absolute form, as every server must (RFC 9112
    /// §3.2.2).
    private static func originForm(_ target: ArraySlice<UInt8>, _ method: HTTPRequest.Method)
        throws(HTTPProtocolError) -> (path: ArraySlice<UInt8>, authority: ArraySlice<UInt8>?)
    {
        let (slash, mark) = (UInt8(ascii: "/"), UInt8(ascii: "?"))
        if target.first == slash { return (target, nil) }
        if method == .options, target.elementsEqual("*".utf8) { return (target, nil) }
        let scheme: Int
        if ByteRules.starts(target, with: "http://") {
            scheme = 7
        } else if ByteRules.starts(target, with: "https://") {
            scheme = 8
        } else {
            throw HTTPProtocolError("the request target must start with /")
        }
        let rest = target.dropFirst(scheme)
        let end = rest.firstIndex { $0 == slash || $0 == mark } ?? rest.endIndex
        return (rest[end...], rest[..<end])
    }
}
