public import Frames
public import HTTPTypes

/// A request and the obligation to respond to it. Exactly one of the `consuming` methods ends it. If
/// it is destroyed without a response, the client gets 500.
///
/// It does not know how it travels: see `ExchangeTransport`. Belongs to the loop's actor.
public struct Exchange: ~Copyable {
    /// The request without its body.
    public let request: RequestHead
    private let transport: any ExchangeTransport

    /// Makes an exchange over a transport.
    package init(_ transport: any ExchangeTransport, _ request: RequestHead) {
        self.transport = transport
        self.request = request
    }

    deinit { transport.abandon() }

    /// The body of the request.
    public var body: RequestBody { RequestBody(transport) }

    /// The other end of the connection.
    public var peer: Peer { transport.peer }

    /// Sends a whole response, whose body is held by reference until it was sent. If the budget of
    /// memory has no room for it, the client gets 503 instead.
    /// - Returns: how many bytes of body are sent.
    @discardableResult
    public consuming func respond(_ response: Response) -> Int { transport.send(response) }

    /// Begins a response whose body is written in pieces.
    /// - Parameter length: bytes of body, if known: then it is announced, also to HEAD.
    /// - Returns: the writer of the body.
    public consuming func respond(
        status: HTTPResponse.Status, fields: HTTPFields, length: Int? = nil
    ) -> ResponseWriter {
        transport.openBody(status, fields, length: length.map { max(0, $0) })
        return ResponseWriter(transport)
    }

    /// Begins a response of unlimited length, and frees the memory of the request.
    /// - Parameters:
    ///   - first: the first bytes of the body, sent together with the header.
    ///   - trailers: fields after the body, when the stream is ended in good order. HTTP/1.1 sends
    ///     none.
    /// - Returns: the stream; it is closed if the client has left.
    public consuming func openEventStream(
        fields: HTTPFields, first: [UInt8], trailers: HTTPFields = [:]
    ) -> any FrameSink {
        transport.openEventStream(fields, first: first, trailers: trailers)
    }
}
