/// Why a body could not be read to its end.
public enum RequestBodyError: Error {
    /// The client is gone.
    case disconnected
    /// The client was too slow.
    case timedOut
    /// The body is longer than the caller takes.
    case tooLarge
    /// All connections together hold as much memory as they may.
    case outOfMemory
    /// The body breaks the rules of HTTP.
    case malformed(HTTPProtocolError)
}

/// The body of a request, read as it comes: what nobody asks for is left with the kernel, which
/// makes the client wait.
public struct RequestBody {
    private let connection: Connection
    private let serial: Int

    init(_ connection: Connection) {
        self.connection = connection
        serial = connection.serial
    }

    /// The next piece with all that is here already, about 64 KiB at most; nil at the
    /// end. Asks for the body if the client waits to be asked (`Expect: 100-continue`).
    public func next() async throws(RequestBodyError) -> [UInt8]? { try await next(room: .max) }

    /// The whole body, which counts against the budget of memory until the request is answered.
    /// - Parameter limit: the most bytes taken. A body that announces more is refused at once, be
    ///   it by its length or by the size of a chunk.
    public func collect(upTo limit: Int) async throws(RequestBodyError) -> [UInt8] {
        if case .length(let length) = connection.bodyFraming, length > limit { throw .tooLarge }
        var bytes: [UInt8] = []
        while let part = try await next(room: limit - bytes.count) {
            try connection.holdBody(&bytes, adding: part.count)
            if bytes.isEmpty { bytes = part } else { bytes += part }
        }
        return bytes
    }

    private func next(room: Int) async throws(RequestBodyError) -> [UInt8]? {
        guard serial == connection.serial else { throw .disconnected }
        return try await connection.nextBodyPart(room: room)
    }
}
