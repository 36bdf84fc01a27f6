/// Immutable bytes that are sent to any number of sockets without a copy.
///
/// A frame includes the chunk header and trailer of HTTP/1.1 around its payload (RFC 9112 §7.1).
/// One allocation therefore serves subscribers of HTTP/1.1 and, without header and trailer,
/// subscribers of HTTP/1.0. Can be used from any thread.
@safe public final class Frame: Sendable {
    /// How frames are delimited on a connection.
    public enum Framing: Hashable, Sendable {
        /// As chunks of a chunked body (RFC 9112 §7.1).
        case chunked
        /// Not at all: the body ends with the connection.
        case plain
    }

    // Safe: the class owns this memory from init to deinit, and it is not written in between.
    nonisolated(unsafe) private let memory: UnsafeMutableRawBufferPointer
    /// The number of what is in the frame, if its maker numbers frames; else 0.
    public let position: Int64
    private let payload: Range<Int>
    private let budget: MemoryBudget?

    /// Copies `bytes`, and adds the chunk header and trailer.
    /// - Parameters:
    ///   - position: the number of what is in the frame.
    ///   - budget: is charged while the frame exists, once for all its holders.
    public init(_ bytes: [UInt8], position: Int64 = 0, budget: MemoryBudget? = nil) {
        self.budget = budget
        self.position = position
        let header = String(bytes.count, radix: 16).utf8 + [0x0D, 0x0A]
        payload = header.count..<(header.count + bytes.count)
        unsafe memory = .allocate(byteCount: payload.upperBound + 2, alignment: 1)
        unsafe memory[..<payload.lowerBound].copyBytes(from: header)
        unsafe memory[payload].copyBytes(from: bytes)
        unsafe memory[payload.upperBound...].copyBytes(from: [0x0D, 0x0A])
        budget?.charge(unsafe memory.count)
    }

    deinit {
        budget?.release(unsafe memory.count)
        unsafe memory.deallocate()
    }

    /// Returns how many bytes are sent to one subscriber.
    public func count(_ framing: Framing) -> Int {
        unsafe framing == .chunked ? memory.count : payload.count
    }

    /// Returns a copy of what is sent to one subscriber.
    public func bytes(_ framing: Framing) -> [UInt8] { unsafe Array(region(framing)) }

    /// Returns the bytes that are sent to one subscriber; valid while the frame is held.
    package func region(_ framing: Framing) -> UnsafeRawBufferPointer {
        switch framing {
        case .chunked: unsafe UnsafeRawBufferPointer(memory)
        case .plain: unsafe UnsafeRawBufferPointer(rebasing: memory[payload])
        }
    }
}
