internal import HTTPTypes

/// Collects the fields of a header or trailer section as nghttp2 decodes them, and validates what
/// nghttp2 does not (RFC 9113 §8.2, §8.3).
///
/// nghttp2 has refused before: names in upper case, controls in values, fields of a connection,
/// `te` but for `trailers`, pseudo-header fields that are unknown, missing, repeated, empty or late,
/// and a `content-length` that is no number.
final class FieldCollector {
    private let limits: HTTP2Limits
    /// The stream the section belongs to.
    let stream: HTTP2Stream
    /// Whether the section follows a body.
    let isTrailer: Bool
    private var method: [UInt8] = []
    private var scheme: [UInt8] = []
    private var authority: [UInt8]?
    private var host: [UInt8]?
    private var target: [UInt8] = []
    private var contentLength: [UInt8]?
    private var expectation: [UInt8]?
    private var isGRPC = false
    private(set) var fields = HTTPFields()
    private var count = 0
    private var byteCount = 0
    /// Why the request is refused.
    private(set) var error: HTTP2RequestError?

    init(for stream: HTTP2Stream, isTrailer: Bool, limits: HTTP2Limits) {
        self.stream = stream
        self.isTrailer = isTrailer
        self.limits = limits
    }

    /// Adds a field.
    /// - Returns: false when the section is so large that it is not even answered: decoding it
    ///   further would cost too much (a small block can refer to a large table entry many times).
    func add(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
        count += 1
        byteCount += name.count + value.count
        let bytesLimit = 4 * limits.headerBytes + limits.requestLineBytes
        guard byteCount <= bytesLimit, count <= 4 * limits.headerCount + 8 else { return false }
        if unsafe name.elementsEqual("content-type".utf8) {
            isGRPC = unsafe value.starts(with: "application/grpc".utf8)
        }
        guard error == nil else { return true }
        if unsafe name.first == UInt8(ascii: ":") {
            unsafe addPseudo(name, Array(value))
        } else {
            unsafe addRegular(name, Array(value))
        }
        return true
    }

    private func addPseudo(_ name: UnsafeRawBufferPointer, _ value: [UInt8]) {
        byteCount -= name.count + value.count
        count -= 1
        if unsafe name.elementsEqual(":method".utf8) {
            method = value
        } else if unsafe name.elementsEqual(":path".utf8) {
            target = value
        } else if unsafe name.elementsEqual(":scheme".utf8) {
            scheme = value
        } else if unsafe name.elementsEqual(":authority".utf8) {
            authority = value
        }
        if method.count + target.count > limits.requestLineBytes { error = .longLine }
        if scheme.count + (authority?.count ?? 0) > limits.requestLineBytes { error = .longHeader }
    }

    private func addRegular(_ name: UnsafeRawBufferPointer, _ value: [UInt8]) {
        guard byteCount <= limits.headerBytes, count <= min(limits.headerCount, 10_000) else {
            error = .longHeader
            fields = HTTPFields()
            return
        }
        let text = unsafe String(decoding: name, as: UTF8.self)
        guard let name = HTTPField.Name(text) else {
            error = HTTP2RequestError(400, "a field name that is not a token")
            return
        }
        switch name {
        case .contentLength: contentLength = value
        case .expect: expectation = value
        default: if text.utf8.elementsEqual("host".utf8) { host = value }
        }
        fields.append(HTTPField(name: name, value: value))
    }

    /// Returns the request, after its header section has ended.
    func request(isComplete: Bool) throws(HTTP2RequestError) -> HTTP2Request {
        if var error {
            error.isGRPC = isGRPC
            throw error
        }
        guard let method = HTTPRequest.Method(String(decoding: method, as: UTF8.self)) else {
            throw HTTP2RequestError(400, "the method is not a token")
        }
        guard method != .connect else {
            throw HTTP2RequestError(400, "this server is not a proxy")
        }
        let authority = try checkedAuthority()
        try checkTarget(method)
        let mark = target.firstIndex(of: UInt8(ascii: "?"))
        return HTTP2Request(
            method: method, scheme: String(decoding: scheme, as: UTF8.self),
            authority: String(decoding: authority, as: UTF8.self),
            path: String(decoding: target[..<(mark ?? target.endIndex)], as: UTF8.self),
            query: mark.map { String(decoding: target[($0 + 1)...], as: UTF8.self) },
            fields: fields, contentLength: try parsedLength(), isComplete: isComplete,
            expectsContinue: try isContinueExpected() && !isComplete,
            byteCount: byteCount + target.count)
    }

    private func checkTarget(_ method: HTTPRequest.Method) throws(HTTP2RequestError) {
        guard Self.isWeb(scheme) else {
            throw HTTP2RequestError(400, "the scheme must be http or https")
        }
        let isAsterisk = method == .options && target.elementsEqual("*".utf8)
        guard isAsterisk || target.first == UInt8(ascii: "/") else {
            throw HTTP2RequestError(400, "the request target must start with /")
        }
        guard target.allSatisfy(Self.isVisible) else {
            throw HTTP2RequestError(400, "the request target has a character that must be encoded")
        }
        guard !target.contains(UInt8(ascii: "#")) else {
            throw HTTP2RequestError(400, "the request target has a fragment")
        }
    }

    /// Returns `:authority`, or `Host` without it. If there are both, they must be equal (RFC 9113
    /// §8.3.1).
    private func checkedAuthority() throws(HTTP2RequestError) -> [UInt8] {
        guard let value = authority ?? host else {
            throw HTTP2RequestError(400, "the authority is missing")
        }
        guard value.allSatisfy({ Self.isVisible($0) && !"/?#@,".utf8.contains($0) }) else {
            throw HTTP2RequestError(400, "the authority is not a host")
        }
        if let host, !Self.match(value, host) {
            throw HTTP2RequestError(400, "the authority and the Host field disagree")
        }
        return value
    }

    private func parsedLength() throws(HTTP2RequestError) -> Int? {
        guard let contentLength else { return nil }
        // 18 digits cannot overflow.
        guard !contentLength.isEmpty, contentLength.count <= 18,
            contentLength.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { throw HTTP2RequestError(400, "Content-Length is not a number") }
        return contentLength.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private func isContinueExpected() throws(HTTP2RequestError) -> Bool {
        guard let expectation else { return false }
        guard Self.match(expectation, "100-continue".utf8) else {
            throw HTTP2RequestError(417, "the only expectation met here is 100-continue")
        }
        return true
    }

    private static func isWeb(_ scheme: [UInt8]) -> Bool {
        match(scheme, "http".utf8) || match(scheme, "https".utf8)
    }

    private static func isVisible(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

    /// Returns whether two texts are equal but for the case of ASCII letters.
    private static func match(_ left: [UInt8], _ right: some Collection<UInt8>) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { lowercased($0) == lowercased($1) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }
}
