public import HTTPTypes

/// A violation of HTTP, or a failure of the server, for which the connection sends the response. For
/// a violation the connection then ends, because the start of the next request is not known.
public struct HTTPProtocolError: Error, Equatable {
    /// 400, 408, 413, 414, 417, 431, 501 or 505 for an error of the client; 500 or 503 for one of
    /// the server.
    public let status: Int
    /// What is wrong, in lower case without a full stop.
    public let reason: String
    /// Whether the request is a call of gRPC, whose client expects a status of gRPC.
    public let isGRPC: Bool

    /// Makes an error.
    package init(_ status: Int, _ reason: String, isGRPC: Bool = false) {
        self.status = status
        self.reason = reason
        self.isGRPC = isGRPC
    }

    /// The status with its reason phrase.
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

    /// A request in the clear to a port that speaks TLS: 400.
    public static let notEncrypted = HTTPProtocolError(400, "this port speaks TLS: use https")

    /// The budget of memory is exhausted: 503.
    package static let outOfMemory = HTTPProtocolError(503, "too much memory is in use")

    /// Makes the error for a request that cannot be parsed: 400.
    init(_ reason: String) { self.init(400, reason) }
}
