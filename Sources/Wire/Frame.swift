/// Bytes that are written once and then sent to any number of sockets: never changed, never copied.
///
/// A frame already carries the chunk header and trailer of HTTP/1.1 around its payload (RFC 9112
/// §7.1), so that one allocation serves the subscribers that speak 1.1 and, without the two ends,
/// those that speak 1.0.
@safe public final class Frame: Sendable {
    /// How the bytes of a frame are delimited on the connection they leave on.
    public enum Framing: Hashable, Sendable {
        /// A chunk of a chunked body.
        case chunked
        /// The bare payload: the body ends with the connection.
        case plain
    }

    // The class owns this memory from init to deinit and nobody writes to it in between.
    nonisolated(unsafe) private let memory: UnsafeMutableRawBufferPointer
    private let payload: Range<Int>
    private let budget: MemoryBudget?

    /// Copies `bytes` once, with their chunk header and trailer around them.
    /// - Parameter budget: is charged for as long as the frame lives, once for all that hold it.
    public init(_ bytes: [UInt8], budget: MemoryBudget? = nil) {
        self.budget = budget
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

    /// How many bytes leave for one subscriber.
    public func count(_ framing: Framing) -> Int {
        unsafe framing == .chunked ? memory.count : payload.count
    }

    /// A copy of what leaves for one subscriber.
    public func bytes(_ framing: Framing) -> [UInt8] { unsafe Array(region(framing)) }

    /// The bytes themselves; valid for as long as the frame is held.
    package func region(_ framing: Framing) -> UnsafeRawBufferPointer {
        switch framing {
        case .chunked: unsafe UnsafeRawBufferPointer(memory)
        case .plain: unsafe UnsafeRawBufferPointer(rebasing: memory[payload])
        }
    }
}
