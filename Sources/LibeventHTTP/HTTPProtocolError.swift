public import HTTPTypes

/// A request that breaks the rules of HTTP itself; the connection ends with the answer to it,
/// because nobody knows where the next request would begin.
public struct HTTPProtocolError: Error, Equatable {
    /// 400, 408, 413, 414, 417, 431, 501 or 505; 500 and 503 where the fault is ours.
    public let status: Int
    /// What is wrong, in lower case without a full stop.
    public let reason: String

    init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    /// The status with its reason phrase, which a bare code does not have.
    public var responseStatus: HTTPResponse.Status {
        switch status {
        case 408: .requestTimeout
        case 413: .contentTooLarge
        case 414: .uriTooLong
        case 417: .expectationFailed
        case 431: .requestHeaderFieldsTooLarge
        case 500: .internalServerError
        case 501: .notImplemented
        case 503: .serviceUnavailable
        case 505: .httpVersionNotSupported
        default: .badRequest
        }
    }

    static let outOfMemory = HTTPProtocolError(503, "too much memory is in use")

    /// A request that cannot be read: 400.
    init(_ reason: String) { self.init(400, reason) }
}
