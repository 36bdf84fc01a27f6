package import Frames

/// The handler of a request while it waits for the client: to send more of a body, or to read more of
/// one. Belongs to the loop's thread.
package struct BodyWaiter {
    private var continuation: CheckedContinuation<Void, any Error>?

    /// Makes one for which nothing waits.
    package init() {}

    /// Whether the handler waits.
    package var isWaiting: Bool { continuation != nil }

    /// Lets the handler wait.
    package mutating func wait(_ continuation: CheckedContinuation<Void, any Error>) {
        self.continuation = continuation
    }

    /// Lets the handler continue, if it waits.
    package mutating func resume(throwing error: RequestBodyError? = nil) {
        guard let waiting = continuation else { return }
        continuation = nil
        if let error { waiting.resume(throwing: error) } else { waiting.resume() }
    }
}

extension MemoryReservation {
    /// Reserves room for `count` more bytes in a body that is collected.
    /// - Parameter announced: the length of the whole body, if the client has said it.
    /// - Throws: `outOfMemory` when the budget of memory has no room.
    package mutating func hold(_ bytes: inout [UInt8], adding count: Int, announced: Int?)
        throws(RequestBodyError)
    {
        let needed = bytes.count + count
        guard bytes.isEmpty || needed > bytes.capacity else { return }
        // Not more than the announced length, which the last doubling would often exceed.
        var capacity = max(needed, 2 * bytes.capacity)
        if let announced { capacity = max(needed, min(capacity, announced)) }
        guard resize(to: capacity) else { throw .outOfMemory }
        if !bytes.isEmpty { bytes.reserveCapacity(capacity) }
    }
}
