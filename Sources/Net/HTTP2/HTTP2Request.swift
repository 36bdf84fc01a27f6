package import HTTPTypes

/// The header section of a request (RFC 9113 §8.3.1).
package struct HTTP2Request: Sendable {
    /// The method; it is case-sensitive (RFC 9110 §9.1).
    package let method: HTTPRequest.Method
    /// The scheme of the target: `http` or `https`, in any case.
    package let scheme: String
    /// The authority of the target, or `Host` if there was none; visible ASCII.
    package let authority: String
    /// The path, percent-encoded as received: visible ASCII.
    package let path: String
    /// The query without its question mark, percent-encoded as received: visible ASCII.
    package let query: String?
    /// The fields without pseudo-header fields. Values may have any bytes but controls: compare
    /// them as bytes.
    package let fields: HTTPFields
    /// The announced length of the body in bytes, if there is one. nghttp2 resets the stream when
    /// the body has another length.
    package let contentLength: Int?
    /// Whether the request has no body: it ended with its header section.
    package let isComplete: Bool
    /// Whether the client waits for status 100 before it sends the body (RFC 9110 §10.1.1).
    package let expectsContinue: Bool
    /// How many bytes the fields and the target have.
    package let byteCount: Int
}

/// A request that is answered with an error before any handler sees it.
package struct HTTP2RequestError: Error {
    /// 400, 414, 417 or 431.
    package let status: Int
    /// What is wrong, in lower case without a full stop.
    package let reason: String
    /// Whether the request is a call of gRPC, as far as its fields were read.
    var isGRPC = false

    init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    static let longLine = HTTP2RequestError(414, "the method and the target are too long")
    static let longHeader = HTTP2RequestError(431, "the header section is too large")
}
