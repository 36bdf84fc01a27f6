package import Frames
package import HTTPTypes

/// What lies under an `Exchange`: how one request and its response travel. A connection of HTTP/1.1
/// makes one for each request; over HTTP/2 each stream is one; a test has one without a socket.
///
/// Belongs to the loop's actor. Every call may come after the client has left: it then does nothing,
/// or throws `disconnected`.
package protocol ExchangeTransport: AnyObject {
    /// The other end of the connection.
    var peer: Peer { get }

    /// The announced length of the request's body; nil when it is not announced. 0 without a body.
    var bodyLength: Int? { get }

    /// Returns the next piece of the request's body, with all that has arrived; nil at the end.
    /// - Parameter room: how many bytes the caller still takes. More that is announced is refused
    ///   before it arrives.
    func nextBodyPart(room: Int) async throws(RequestBodyError) -> [UInt8]?

    /// Reserves room for `count` more bytes in a body that is collected, until the response was sent.
    /// - Throws: `outOfMemory` when the budget of memory has no room.
    func holdBody(_ bytes: inout [UInt8], adding count: Int) throws(RequestBodyError)

    /// Sends a whole response, or 503 if the budget of memory has no room for its body.
    /// - Returns: how many bytes of body are sent.
    func send(_ response: Response) -> Int

    /// Begins a response whose body is written in pieces.
    /// - Parameter length: of the whole body in bytes, if it is known.
    func openBody(_ status: HTTPResponse.Status, _ fields: HTTPFields, length: Int?)

    /// Sends a piece of the body, and waits while the client does not read.
    /// - Throws: `disconnected` when the connection has ended or the piece exceeds the announced
    ///   length, `timedOut` when the client takes nothing for too long.
    func writeBody(_ bytes: [UInt8]) async throws(RequestBodyError)

    /// Ends the body.
    /// - Parameter trailers: fields after the body; empty for none.
    func endBody(trailers: HTTPFields)

    /// Ends a body that was begun and whose writer has gone: so that the client notices, unless all
    /// of the announced length was written.
    func abandonBody()

    /// Sends 500 if no response was begun, because no handler is left.
    func abandon()

    /// Begins a response of unlimited length, and frees the memory of the request.
    /// - Parameters:
    ///   - first: the first bytes of the body, sent together with the header.
    ///   - trailers: fields after the body, when the stream is ended in good order.
    /// - Returns: the stream; it is closed if the client has left.
    func openEventStream(_ fields: HTTPFields, first: [UInt8], trailers: HTTPFields)
        -> any FrameSink
}
