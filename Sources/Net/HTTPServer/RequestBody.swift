/// Why a body could not be read to its end.
public enum RequestBodyError: Error {
    /// The connection has ended.
    case disconnected
    /// The client was too slow.
    case timedOut
    /// The body is longer than the limit of the caller.
    case tooLarge
    /// The budget of memory is exhausted.
    case outOfMemory
    /// The body violates HTTP.
    case malformed(HTTPProtocolError)
}

/// The body of a request, read on demand. What is not read stays in the kernel, whose flow control
/// makes the client wait.
///
/// Belongs to the loop's actor.
public struct RequestBody {
    private let transport: any ExchangeTransport

    init(_ transport: any ExchangeTransport) { self.transport = transport }

    /// Returns the next piece with all that has arrived, about 64 KiB at most; nil at the end.
    /// Over HTTP/1.1 sends `100 Continue` if the client waits for it (RFC 9110 §10.1.1).
    /// - Throws: `disconnected` also when the response to this request is complete.
    public func next() async throws(RequestBodyError) -> [UInt8]? {
        try await transport.nextBodyPart(room: .max)
    }

    /// Returns the whole body, which counts against the budget of memory until the response was
    /// sent.
    /// - Parameter limit: the most bytes. A body that announces more, by its length or by the size
    ///   of a chunk, is refused before it arrives.
    /// - Throws: also `tooLarge` and `outOfMemory`.
    public func collect(upTo limit: Int) async throws(RequestBodyError) -> [UInt8] {
        if let length = transport.bodyLength, length > limit { throw .tooLarge }
        var bytes: [UInt8] = []
        while let part = try await transport.nextBodyPart(room: limit - bytes.count) {
            try transport.holdBody(&bytes, adding: part.count)
            if bytes.isEmpty { bytes = part } else { bytes += part }
        }
        return bytes
    }
}
