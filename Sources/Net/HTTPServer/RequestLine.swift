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
        guard let first = line.firstIndex(of: 0x20), let last = line.lastIndex(of: 0x20),
            first < last, !line[(first + 1)..<last].contains(0x20)
        else {
            throw HTTPProtocolError("the request line must be a method, a target and a version")
        }
        method = try Self.method(line[..<first])
        let text = line[(first + 1)..<last]
        guard !text.isEmpty, text.allSatisfy(ByteRules.isTarget) else {
            throw HTTPProtocolError("the request target has a character that must be encoded")
        }
        guard !text.contains(UInt8(ascii: "#")) else {
            throw HTTPProtocolError("the request target has a fragment")
        }
        version = try Self.version(line[(last + 1)...])
        let target = try Self.originForm(text, method)
        authority = target.authority
        let mark = target.path.firstIndex(of: UInt8(ascii: "?"))
        let path = String(decoding: target.path[..<(mark ?? target.path.endIndex)], as: UTF8.self)
        self.path = path.utf8.isEmpty ? "/" : path
        query = mark.map { String(decoding: target.path[($0 + 1)...], as: UTF8.self) }
    }

    private static func method(_ bytes: ArraySlice<UInt8>) throws(HTTPProtocolError)
        -> HTTPRequest.Method
    {
        // Nearly all requests have these.
        if bytes.elementsEqual("GET".utf8) { return .get }
        if bytes.elementsEqual("POST".utf8) { return .post }
        guard !bytes.isEmpty, bytes.allSatisfy(ByteRules.isToken),
            let method = HTTPRequest.Method(String(decoding: bytes, as: UTF8.self))
        else { throw HTTPProtocolError("the method is not a token") }
        return method
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
