internal import HTTPTypes

/// Collects the lines of a request's header section and validates it (RFC 9112 §5, §6).
struct HeadBuilder {
    private static let host = HTTPField.Name("Host")
    private let line: RequestLine
    private var fields: [HTTPField] = []
    private var host: [UInt8]?
    private var length: [UInt8]?
    private var coding: [UInt8]?
    /// Whether a field that may be there once is there again.
    private var hasTwo = (hosts: false, lengths: false, codings: false)
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
        case .contentLength:
            hasTwo.lengths = length != nil
            length = length ?? Array(value)
        case .transferEncoding:
            hasTwo.codings = coding != nil
            coding = coding ?? Array(value)
        case Self.host:
            hasTwo.hosts = host != nil
            host = host ?? Array(value)
        case .connection: closes = closes || ByteRules.list(value, contains: "close")
        case .expect:
            expects = true
            expectsOther = expectsOther || !ByteRules.matches(value, "100-continue")
        default: break
        }
        fields.append(Self.field(name, value))
    }

    private static func field(_ name: HTTPField.Name, _ value: ArraySlice<UInt8>) -> HTTPField {
        // As a string at once, if it can be one: looking at it as bytes first costs more.
        value.allSatisfy { $0 < 0x80 }
            ? HTTPField(name: name, value: String(decoding: value, as: UTF8.self))
            : HTTPField(name: name, value: value)
    }

    /// Validates the header section and returns the head, after the empty line was read.
    func finish() throws(HTTPProtocolError) -> RequestHead {
        try checkHost()
        guard !expectsOther else {
            throw HTTPProtocolError(417, "the only expectation met here is 100-continue")
        }
        var list = HTTPFields()
        list.replaceSubrange(list.startIndex..<list.startIndex, with: fields)
        return RequestHead(
            method: line.method, path: line.path, query: line.query, version: line.version,
            fields: list, bodyFraming: try bodyFraming(),
            wantsKeepAlive: line.version == .http11 && !closes,
            expectsContinue: line.version == .http11 && expects)
    }

    private func checkHost() throws(HTTPProtocolError) {
        guard !hasTwo.hosts else { throw HTTPProtocolError("more than one Host field") }
        guard let host else {
            if line.version == .http10 { return }
            throw HTTPProtocolError("the Host field is missing")
        }
        guard host.allSatisfy(ByteRules.isHost) else {
            throw HTTPProtocolError("the Host field is not a host")
        }
        if let authority = line.authority, !ByteRules.match(authority, host) {
            throw HTTPProtocolError("the request target and the Host field disagree")
        }
    }

    /// Returns how the end of the body is found (RFC 9112 §6.3). Refuses everything that two
    /// implementations could interpret differently, which is the base of request smuggling.
    private func bodyFraming() throws(HTTPProtocolError) -> RequestHead.BodyFraming {
        if let coding {
            guard line.version == .http11 else {
                throw HTTPProtocolError("Transfer-Encoding in an HTTP/1.0 request")
            }
            guard length == nil else {
                throw HTTPProtocolError("both Content-Length and Transfer-Encoding")
            }
            guard !hasTwo.codings, ByteRules.matches(coding, "chunked") else {
                throw HTTPProtocolError("the only transfer coding known here is chunked")
            }
            return .chunked
        }
        guard let length else { return .none }
        guard !hasTwo.lengths else { throw HTTPProtocolError("more than one Content-Length") }
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
