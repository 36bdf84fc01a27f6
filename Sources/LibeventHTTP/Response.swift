public import HTTPTypes

/// An answer that is whole before its first byte leaves.
public struct Response: Sendable {
    public var status: HTTPResponse.Status
    public var fields: HTTPFields
    public var body: [UInt8]
    /// Whether the response is sent even when the budget of memory is exhausted: what says how the
    /// server is must say it then, too.
    public var isVital: Bool

    public init(
        status: HTTPResponse.Status = .ok, fields: HTTPFields = [:], body: [UInt8] = [],
        isVital: Bool = false
    ) {
        self.isVital = isVital
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// Whether an answer of this status has a body at all (RFC 9110 §6.4.1).
    var mayHaveBody: Bool { status != .noContent && status != .notModified && status.code >= 200 }
}

/// How the end of an answer's body is marked.
enum ResponseFraming {
    case length(Int)
    case chunked
    case untilClose
    case none
}

/// Status line and header section as bytes (RFC 9112 §4).
func encodeHead(
    _ status: HTTPResponse.Status, _ fields: HTTPFields, _ framing: ResponseFraming,
    keepAlive: Bool, date: String
) -> [UInt8] {
    var text = "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\nDate: \(date)\r\n"
    for field in fields { text += "\(field.name.rawName): \(field.value)\r\n" }
    switch framing {
    case .length(let length): text += "Content-Length: \(length)\r\n"
    case .chunked: text += "Transfer-Encoding: chunked\r\n"
    case .untilClose, .none: break
    }
    if !keepAlive { text += "Connection: close\r\n" }
    return Array((text + "\r\n").utf8)
}
