public import HTTPTypes
public import Libevent

/// A request and the answer that is owed for it. Exactly one of the `consuming` methods ends it;
/// if none does, the client is answered with 500 and never left hanging.
///
/// Belongs to the loop's actor.
public struct Exchange: ~Copyable {
    /// What was asked for.
    public let request: RequestHead
    /// What the client sends behind the header.
    public let body: RequestBody
    private let connection: Connection
    /// Which request of the connection this is: the next one may have begun when this one goes.
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

    /// Under what the peer counts where a client may have only so much.
    public var addressKey: AddressKey { connection.addressKey }

    /// Whether the connection is one too many; it ends with this answer in any case.
    public var admission: ConnectionLimiter.Admission { connection.admission }

    /// Answers with a whole response, whose body is held by reference until it has left. If the
    /// budget of memory has no room for it, the client gets 503 in its place.
    /// - Returns: how many bytes of body go out.
    @discardableResult
    public consuming func respond(_ response: Response) -> Int {
        connection.send(response, to: request)
    }

    /// Begins an answer whose body is written piece by piece.
    public consuming func respond(status: HTTPResponse.Status, fields: HTTPFields)
        -> ResponseWriter
    {
        connection.openBody(status, fields, length: nil, for: request)
    }

    /// Begins an answer whose body is written piece by piece, and whose length is known: the client
    /// is told the length, and nothing is sent in chunks.
    /// - Parameter length: bytes of body; also announced to HEAD, which gets none of them.
    public consuming func respond(
        status: HTTPResponse.Status, fields: HTTPFields, length: Int
    ) -> ResponseWriter {
        connection.openBody(status, fields, length: max(0, length), for: request)
    }

    /// Begins an answer that never ends by itself, and frees all that the request needed.
    /// - Parameter first: what leaves together with the header, at once.
    public consuming func openEventStream(fields: HTTPFields, first: [UInt8]) -> EventStream {
        connection.openEventStream(fields, first, for: request)
    }
}
