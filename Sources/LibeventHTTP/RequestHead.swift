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

    /// What is to be done; case matters.
    public let method: HTTPRequest.Method
    /// The path, percent-encoded as it came: visible ASCII.
    public let path: String
    /// What follows the question mark, percent-encoded as it came: visible ASCII.
    public let query: String?
    /// The version that the client speaks.
    public let version: Version
    /// The header section. Values may hold any bytes but controls: compare them as bytes.
    public let fields: HTTPFields
    /// How the end of the body is found.
    public let bodyFraming: BodyFraming
    /// Whether the client means to send another request on this connection.
    public let wantsKeepAlive: Bool
    /// Whether the client waits for our word before it sends the body (RFC 9110 §10.1.1).
    public let expectsContinue: Bool
}
