/// The body of an answer, written piece by piece. Ended by `finish()`; if it is dropped before, the
/// connection is cut, so that the client can tell a part from the whole.
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

    /// Sends `bytes`; waits while the client does not read.
    /// - Throws: when the client is gone or takes nothing for too long.
    public func write(_ bytes: [UInt8]) async throws(RequestBodyError) {
        guard !bytes.isEmpty else { return }
        switch framing {
        case .chunked:
            let size = Array("\(String(bytes.count, radix: 16))\r\n".utf8)
            try await connection.writeBody(size + bytes + [0x0D, 0x0A])
        case .untilClose, .length: try await connection.writeBody(bytes)
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
