public import Addresses
public import HTTPTypes

/// A request and the obligation to respond to it. Exactly one of the `consuming` methods ends it. If
/// it is destroyed without a response, the client gets 500.
///
/// Belongs to the loop's actor.
public struct Exchange: ~Copyable {
    /// The request without its body.
    public let request: RequestHead
    /// The body of the request.
    public let body: RequestBody
    private let connection: Connection
    /// The number of the request on its connection: the next one may have begun when this exchange
    /// is destroyed.
    private let serial: Int

    init(_ connection: Connection, _ request: RequestHead) {
        self.connection = connection
        self.request = request
        serial = connection.serial
        body = RequestBody(connection)
    }

    deinit { connection.respondIfForgotten(serial) }

    /// The numeric address of the peer.
    public var remoteAddress: String { connection.remoteAddress }

    /// The key of the peer's address for limits per client.
    public var addressKey: AddressKey { connection.addressKey }

    /// Whether the connection is within the limits. If not, it ends after this response.
    public var admission: ConnectionLimiter.Admission { connection.admission }

    /// Sends a whole response, whose body is held by reference until it was sent. If the budget of
    /// memory has no room for it, the client gets 503 instead.
    /// - Returns: how many bytes of body are sent.
    @discardableResult
    public consuming func respond(_ response: Response) -> Int {
        connection.send(response, to: request)
    }

    /// Begins a response whose body is written in pieces.
    /// - Returns: the writer of the body.
    public consuming func respond(status: HTTPResponse.Status, fields: HTTPFields)
        -> ResponseWriter
    {
        connection.openBody(status, fields, length: nil, for: request)
    }

    /// Begins a response whose body is written in pieces and has a known length: it is sent with
    /// `Content-Length` and not in chunks.
    /// - Parameter length: bytes of body. The response to HEAD also announces it.
    /// - Returns: the writer of the body.
    public consuming func respond(
        status: HTTPResponse.Status, fields: HTTPFields, length: Int
    ) -> ResponseWriter {
        connection.openBody(status, fields, length: max(0, length), for: request)
    }

    /// Begins a response of unlimited length, and frees the memory of the request.
    /// - Parameter first: the first bytes of the body, sent together with the header.
    /// - Returns: the stream; it is closed if the client has left.
    public consuming func openEventStream(fields: HTTPFields, first: [UInt8]) -> EventStream {
        connection.openEventStream(fields, first, for: request)
    }
}
