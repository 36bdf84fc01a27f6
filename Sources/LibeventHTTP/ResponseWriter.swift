/// The body of an answer, written piece by piece. Ended by `finish()`, or by the last byte of the
/// length that was announced; if it is dropped before, the connection is cut, so that the client
/// can tell a part from the whole. To HEAD nothing is sent, whatever is written.
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

    /// Sends `bytes`, which are held by reference until they have left; waits while the client does
    /// not read. More than the length that was announced cuts the connection.
    /// - Throws: when the client is gone or takes nothing for too long.
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
