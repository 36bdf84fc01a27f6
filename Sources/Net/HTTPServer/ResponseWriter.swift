/// Writes the body of a response in pieces. `finish()` ends it, or the last byte of the announced
/// length. If the writer is destroyed before, the connection is closed, so that the client notices
/// that the body is incomplete. In a response to HEAD nothing is sent.
///
/// Belongs to the loop's actor.
public struct ResponseWriter: ~Copyable {
    private let connection: Connection
    private let framing: ResponseFraming
    private let serial: Int

    init(_ connection: Connection, _ framing: ResponseFraming) {
        self.connection = connection
        self.framing = framing
        serial = connection.serial
    }

    deinit { connection.cutBodyIfOpen(serial) }

    /// Sends `bytes`, which are held by reference until they were sent. Waits while the client does
    /// not read. More than the announced length closes the connection.
    /// - Throws: `disconnected` when the connection has ended, `timedOut` when the client reads
    ///   nothing for too long.
    public func write(_ bytes: [UInt8]) async throws(RequestBodyError) {
        guard !bytes.isEmpty else { return }
        switch framing {
        case .chunked: try await connection.writeBody(bytes, inChunk: true)
        case .untilClose, .length: try await connection.writeBody(bytes, inChunk: false)
        case .none: break
        }
    }

    /// Ends the body.
    public consuming func finish() {
        if case .chunked = framing {
            connection.endBody(Array("0\r\n\r\n".utf8))
        } else {
            connection.endBody([])
        }
    }
}
