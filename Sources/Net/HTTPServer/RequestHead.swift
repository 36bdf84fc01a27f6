public import HTTPTypes

/// A parsed request without its body.
public struct RequestHead: Sendable {
    /// The supported versions of HTTP.
    public enum Version: Sendable { case http10, http11, http2 }

    /// How the end of the body is found (RFC 9112 §6.3).
    public enum BodyFraming: Sendable, Equatable {
        /// There is no body.
        case none
        /// By its length in bytes.
        case length(Int)
        /// By the last chunk.
        case chunked
    }

    /// The method; it is case-sensitive (RFC 9110 §9.1).
    public let method: HTTPRequest.Method
    /// The path, percent-encoded as received: visible ASCII.
    public let path: String
    /// The query without its question mark, percent-encoded as received: visible ASCII.
    public let query: String?
    /// The version of the request.
    public let version: Version
    /// The header section. Values may have any bytes but controls: compare them as bytes.
    public let fields: HTTPFields
    /// How the end of the body is found.
    public let bodyFraming: BodyFraming
    /// Whether the connection may continue after this request (RFC 9112 §9.3).
    public let wantsKeepAlive: Bool
    /// Whether the client waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1).
    public let expectsContinue: Bool

    /// Makes the head of a request.
    package init(
        method: HTTPRequest.Method, path: String, query: String?, version: Version,
        fields: HTTPFields, bodyFraming: BodyFraming, wantsKeepAlive: Bool, expectsContinue: Bool
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.version = version
        self.fields = fields
        self.bodyFraming = bodyFraming
        self.wantsKeepAlive = wantsKeepAlive
        self.expectsContinue = expectsContinue
    }

    /// Returns the value of a field, of repeated fields all values in one list; nil when it is not
    /// there. It is what `fields[name]` returns, which costs many times as much.
    public func field(_ name: HTTPField.Name) -> String? {
        let length = name.canonicalName.utf8.count
        var found: String?
        for field in fields
        where field.name.canonicalName.utf8.count == length && field.name == name {
            if found != nil { return fields[name] }
            found = field.value
        }
        return found
    }
}
