internal import HTTPTypes

/// Collects the lines of a request's header section and validates it (RFC 9112 §5, §6).
struct HeadBuilder {
    private static let host = HTTPField.Name("Host")
    private let line: RequestLine
    private var fields = HTTPFields()
    private var hosts: [[UInt8]] = []
    private var lengths: [[UInt8]] = []
    private var codings: [[UInt8]] = []
    private var closes = false
    private var expects = false
    private var expectsOther = false
    private(set) var count = 0

    init(_ line: RequestLine) { self.line = line }

    /// Adds one field line, without its CRLF.
    mutating func add(_ bytes: ArraySlice<UInt8>) throws(HTTPProtocolError) {
        let (name, value) = try Self.field(bytes)
        count += 1
        switch name {
        case .contentLength: lengths.append(Array(value))
        case .transferEncoding: codings.append(Array(value))
        case Self.host: hosts.append(Array(value))
        case .connection: closes = closes || ByteRules.list(value, contains: "close")
        case .expect:
            expects = true
            expectsOther = expectsOther || !ByteRules.matches(value, "100-continue")
        default: break
        }
        fields.append(HTTPField(name: name, value: value))
    }

    /// Validates the header section and returns the head, after the empty line was read.
    func finish() throws(HTTPProtocolError) -> RequestHead {
        try checkHost()
        guard !expectsOther else {
            throw HTTPProtocolError(417, "the only expectation met here is 100-continue")
        }
        return RequestHead(
            method: line.method, path: line.path, query: line.query, version: line.version,
            fields: fields, bodyFraming: try bodyFraming(),
            wantsKeepAlive: line.version == .http11 && !closes,
            expectsContinue: line.version == .http11 && expects)
    }

    private func checkHost() throws(HTTPProtocolError) {
        guard hosts.count <= 1 else { throw HTTPProtocolError("more than one Host field") }
        guard let host = hosts.first else {
            if line.version == .http10 { return }
            throw HTTPProtocolError("the Host field is missing")
        }
        guard host.allSatisfy({ ByteRules.isTarget($0) && !"/?#@,".utf8.contains($0) }) else {
            throw HTTPProtocolError("the Host field is not a host")
        }
        if let authority = line.authority, !ByteRules.match(authority, host) {
            throw HTTPProtocolError("the request target and the Host field disagree")
        }
    }

    /// Returns how the end of the body is found (RFC 9112 §6.3). Refuses everything that two
    /// implementations could interpret differently, which is the base of request smuggling.
    private func bodyFraming() throws(HTTPProtocolError) -> RequestHead.BodyFraming {
        if let coding = codings.first {
            guard line.version == .http11 else {
                throw HTTPProtocolError("Transfer-Encoding in an HTTP/1.0 request")
            }
            guard lengths.isEmpty else {
                throw HTTPProtocolError("both Content-Length and Transfer-Encoding")
            }
            guard codings.count == 1, ByteRules.matches(coding, "chunked") else {
                throw HTTPProtocolError("the only transfer coding known here is chunked")
            }
            return .chunked
        }
        guard let length = lengths.first else { return .none }
        guard lengths.count == 1 else { throw HTTPProtocolError("more than one Content-Length") }
        // 18 digits cannot overflow.
        guard !length.isEmpty, length.count <= 18, length.allSatisfy(ByteRules.isDigit) else {
            throw HTTPProtocolError("Content-Length is not a number")
        }
        let value = length.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return value == 0 ? .none : .length(value)
    }

    /// Parses a field line into name and value, also of a trailer section.
    static func field(_ bytes: ArraySlice<UInt8>) throws(HTTPProtocolError)
        -> (HTTPField.Name, ArraySlice<UInt8>)
    {
        guard bytes.first != 0x20, bytes.first != 0x09 else {
            throw HTTPProtocolError("a folded field line")  // obs-fold, RFC 9112 §5.2
        }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
            throw HTTPProtocolError("a field line without a colon")
        }
        guard let name = name(bytes[..<colon]) else {
            throw HTTPProtocolError("a field name that is not a token")
        }
        let value = ByteRules.trimmed(bytes[(colon + 1)...])
        guard value.allSatisfy(ByteRules.isFieldValue) else {
            throw HTTPProtocolError("a control character in a field value")
        }
        return (name, value)
    }

    private static func name(_ bytes: ArraySlice<UInt8>) -> HTTPField.Name? {
        if let name = FieldNames.known(bytes) { return name }
        guard !bytes.isEmpty, bytes.allSatisfy(ByteRules.isToken) else { return nil }
        return HTTPField.Name(String(decoding: bytes, as: UTF8.self))
    }
}
