public import HTTPTypes

/// Writes the body of a response in pieces. `finish()` ends it, or the last byte of the announced
/// length. If the writer is destroyed before, the connection is closed, so that the client notices
/// that the body is incomplete. In a response to HEAD nothing is sent.
///
/// Belongs to the loop's actor.
public struct ResponseWriter: ~Copyable {
    private let transport: any ExchangeTransport

    init(_ transport: any ExchangeTransport) { self.transport = transport }

    deinit { transport.abandonBody() }

    /// Sends `bytes`, which are held by reference until they were sent. Waits while the client does
    /// not read. More than the announced length closes the connection.
    /// - Throws: `disconnected` when the connection has ended, `timedOut` when the client reads
    ///   nothing for too long.
    public func write(_ bytes: [UInt8]) async throws(RequestBodyError) {
        if !bytes.isEmpty { try await transport.writeBody(bytes) }
    }

    /// Ends the body.
    /// - Parameter trailers: fields after the body. HTTP/1.1 sends them with a chunked body only.
    public consuming func finish(trailers: HTTPFields = [:]) {
        transport.endBody(trailers: trailers)
    }
}
