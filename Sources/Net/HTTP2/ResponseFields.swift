internal import CNghttp2
internal import HTTPTypes

/// A header or trailer section that is sent, as nghttp2 takes it: of a response, or of a client's
/// request.
@safe struct ResponseFields {
    // Names and values in one array, and where each name and value ends.
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    /// Makes the section of a response.
    init(_ status: HTTPResponse.Status, _ fields: HTTPFields) {
        add(":status".utf8, "\(status.code)".utf8)
        add(fields)
    }

    /// Makes a trailer section.
    init(trailers: HTTPFields) { add(trailers) }

    /// Makes the section of a request.
    init(_ request: HTTP2ClientRequest) {
        add(":method".utf8, "POST".utf8)
        add(":scheme".utf8, request.scheme.utf8)
        add(":authority".utf8, request.authority.utf8)
        add(":path".utf8, request.path.utf8)
        add(request.fields)
    }

    private mutating func add(_ fields: HTTPFields) {
        for field in fields where !Self.belongsToConnection(field.name) {
            // In lower case, as RFC 9113 §8.2.1 demands.
            add(field.name.canonicalName.utf8, field.value.utf8)
        }
    }

    private mutating func add(_ name: some Sequence<UInt8>, _ value: some Sequence<UInt8>) {
        bytes += name
        ends.append(bytes.count)
        bytes += value
        ends.append(bytes.count)
    }

    /// Returns whether HTTP/2 forbids a field (RFC 9113 §8.2.2).
    private static func belongsToConnection(_ name: HTTPField.Name) -> Bool {
        switch name {
        case .connection, .transferEncoding, .upgrade: true
        default:
            name.canonicalName.utf8.elementsEqual("keep-alive".utf8)
                || name.canonicalName.utf8.elementsEqual("proxy-connection".utf8)
        }
    }

    /// Calls `body` with the fields; they are valid until it returns, and nghttp2 copies them.
    func withFields<Result>(
        _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result
    ) -> Result {
        var bytes = bytes
        return unsafe bytes.withUnsafeMutableBytes { bytes in
            let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            var list: [nghttp2_nv] = unsafe []
            unsafe list.reserveCapacity(ends.count / 2)
            var start = 0
            for index in stride(from: 0, to: ends.count, by: 2) {
                let (middle, end) = (ends[index], ends[index + 1])
                unsafe list.append(
                    nghttp2_nv(
                        name: base.map { unsafe $0 + start },
                        value: base.map { unsafe $0 + middle },
                        namelen: middle - start, valuelen: end - middle,
                        flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
                start = end
            }
            return unsafe list.withUnsafeBufferPointer { unsafe body($0.baseAddress, $0.count) }
        }
    }
}
