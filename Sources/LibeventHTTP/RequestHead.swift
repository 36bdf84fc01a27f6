public import HTTPTypes

/// A request without its body, as the parser found it.
public struct RequestHead: Sendable {
    /// The two versions spoken here.
    public enum Version: Sendable { case http10, http11 }

    /// How the end of the body is found (RFC 9112 §6.3).
    public enum BodyFraming: Sendable, Equatable {
        case none
        case length(Int)
        case chunked
    }

    public let method: HTTPRequest.Method
    /// The path, percent-encoded as it came.
    public let path: String
    /// What stands behind the question mark, percent-encoded as it came.
    public let query: String?
    public let version: Version
    public let fields: HTTPFields
    public let bodyFraming: BodyFraming

    /// Whether the client means to send another request on this connection.
    public var wantsKeepAlive: Bool {
        version == .http11 && !connectionOptions.contains("close")
    }

    /// Whether the client waits for our word before it sends the body (RFC 9110 §10.1.1).
    public var expectsContinue: Bool { version == .http11 && fields[.expect] != nil }

    private var connectionOptions: [String] {
        (fields[.connection] ?? "").split(separator: ",").map {
            $0.filter { $0 != " " && $0 != "\t" }.lowercased()
        }
    }
}
