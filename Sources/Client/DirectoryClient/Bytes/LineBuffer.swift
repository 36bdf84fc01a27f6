/// Splits bytes that arrive in pieces into lines. Each byte is examined once and moved a bounded
/// number of times, for every length of line and of piece.
package struct LineBuffer: Sendable {
    private var bytes: [UInt8] = []
    /// The start of the next line.
    private var start = 0
    /// There is no line end between `start` and here.
    private var searched = 0
    /// The number of bytes that were examined so far.
    package private(set) var examined = 0

    /// Makes an empty buffer.
    package init() {}

    /// The number of bytes that wait for the end of their line.
    package var pending: Int { bytes.count - start }

    /// Appends the next piece.
    package mutating func append(_ part: some Sequence<UInt8>) {
        // Only when at least half is removed, so that a byte moves a bounded number of times.
        if start > 0, start >= pending {
            bytes.removeFirst(start)
            searched -= start
            start = 0
        }
        bytes.append(contentsOf: part)
    }

    /// Removes and returns the next complete line, without its end; nil when there is none yet.
    package mutating func line() -> [UInt8]? {
        let end = bytes[searched...].firstIndex(of: 0x0A)
        let next = end.map { $0 + 1 } ?? bytes.count
        examined += next - searched
        searched = next
        guard let end else { return nil }
        defer { start = next }
        return Array(bytes[start..<end])
    }

    /// Removes and returns the bytes after the last line end; nil when there are none.
    package mutating func rest() -> [UInt8]? {
        defer { self = LineBuffer() }
        return pending == 0 ? nil : Array(bytes[start...])
    }
}
