package import HTTPTypes

/// A request that a client sends with POST: its header, and all of its body.
package struct HTTP2ClientRequest {
    /// `http` or `https`.
    package var scheme: String
    /// The host and port that are asked for.
    package var authority: String
    /// The path.
    package var path: String
    /// The fields of the header.
    package var fields: HTTPFields
    /// The body.
    package var body: [UInt8]

    /// Makes a request.
    package init(
        scheme: String, authority: String, path: String, fields: HTTPFields, body: [UInt8]
    ) {
        self.scheme = scheme
        self.authority = authority
        self.path = path
        self.fields = fields
        self.body = body
    }
}

/// The owner of a stream, called on the loop's thread, never from inside nghttp2.
package protocol HTTP2ClientStreamDelegate: AnyObject {
    /// Called when something has arrived, or the stream has ended: see what is new in its properties.
    func streamChanged(_ stream: HTTP2ClientStream)
}

/// A request and its response, at the client. Belongs to the loop's thread.
package final class HTTP2ClientStream {
    /// The number of the stream on its connection.
    package let id: Int32
    /// The owner. It is held until the stream has ended.
    package var delegate: (any HTTP2ClientStreamDelegate)?
    /// The status and the header of the response, once they are complete; not of 1xx.
    package internal(set) var status: Int?
    /// The fields of the header of the response.
    package internal(set) var fields: HTTPFields = [:]
    /// The fields after the body of the response.
    package internal(set) var trailers: HTTPFields?
    /// The error code with which the stream has ended (RFC 9113 §7); nil while it is open.
    package internal(set) var closeCode: UInt32?
    /// The code of a stream whose connection has ended; no code of HTTP/2.
    package static let connectionLost: UInt32 = .max
    /// Whether the server has ended its side in good order.
    package internal(set) var hasEnded = false

    /// The body of the request, until it was sent.
    var body: [UInt8]
    var sentOfBody = 0
    /// What has arrived and was not taken.
    var received: [UInt8] = []
    /// The section that is being received.
    var section: Section?
    /// Whether the owner will be told that something has changed.
    var isReported = false

    /// A header section while it arrives.
    struct Section {
        var status: Int?
        var fields: HTTPFields = [:]
        var byteCount = 0
    }

    init(_ id: Int32, body: [UInt8]) {
        self.id = id
        self.body = body
    }

    /// Returns the bytes of the response's body that have arrived since the last call. The server may
    /// send as many more once they are returned to `HTTP2ClientSession.consume`.
    package func takeBody() -> [UInt8] {
        defer { received = [] }
        return received
    }
}
