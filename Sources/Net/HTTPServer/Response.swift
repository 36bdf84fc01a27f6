public import HTTPTypes

/// A response with its whole body.
public struct Response: Sendable {
    /// The status.
    public var status: HTTPResponse.Status
    /// The header section, without `Date` and what delimits the body.
    public var fields: HTTPFields
    /// The body.
    public var body: [UInt8]
    /// Whether the response is sent even while the budget of memory is exhausted, because it
    /// reports the state of the server.
    public var isVital: Bool

    /// Makes a response.
    public init(
        status: HTTPResponse.Status = .ok, fields: HTTPFields = [:], body: [UInt8] = [],
        isVital: Bool = false
    ) {
        self.isVital = isVital
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// Whether a response of this status can have a body (RFC 9110 §6.4.1).
    package var mayHaveBody: Bool {
        status != .noContent && status != .notModified && status.code >= 200
    }
}

/// How the end of a response's body is marked (RFC 9112 §6).
enum ResponseFraming {
    case length(Int)
    case chunked
    case untilClose
    case none
}

/// Returns status line and header section as bytes (RFC 9112 §4, §5).
func encodeHead(
    _ status: HTTPResponse.Status, _ fields: HTTPFields, _ framing: ResponseFraming,
    keepAlive: Bool, date: String
) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(512)
    bytes += "HTTP/1.1 ".utf8
    bytes += String(status.code).utf8
    bytes += " ".utf8
    bytes += status.reasonPhrase.utf8
    bytes += "\r\nDate: ".utf8
    bytes += date.utf8
    bytes += "\r\n".utf8
    for field in fields {
        bytes += field.name.rawName.utf8
        bytes += ": ".utf8
        bytes += field.value.utf8
        bytes += "\r\n".utf8
    }
    switch framing {
    case .length(let length):
        bytes += "Content-Length: ".utf8
        bytes += String(length).utf8
        bytes += "\r\n".utf8
    case .chunked: bytes += "Transfer-Encoding: chunked\r\n".utf8
    case .untilClose, .none: break
    }
    if !keepAlive { bytes += "Connection: close\r\n".utf8 }
    bytes += "\r\n".utf8
    return bytes
}
