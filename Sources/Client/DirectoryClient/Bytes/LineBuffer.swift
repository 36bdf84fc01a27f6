/// Cuts bytes that come in pieces into lines. Each byte is examined once and moved a bounded number
/// of times, however long a line is and however many lines come in one piece.
package struct LineBuffer: Sendable {
    private var bytes: [UInt8] = []
    /// Where the line begins that is next.
    private var start = 0
    /// There is no line end between `start` and here.
    private var searched = 0
    /// How many bytes were examined so far.
    package private(set) var examined = 0

    package init() {}

    /// How many bytes wait for the end of their line.
    package var pending: Int { bytes.count - start }

    /// Takes the next piece.
    package mutating func append(_ part: some Sequence<UInt8>) {
        // Only when at least half goes away: then what moves was paid for by what left.
        if start > 0, start >= pending {
            bytes.removeFirst(start)
            searched -= start
            start = 0
        }
        bytes.append(contentsOf: part)
    }

    /// Returns the next line that is whole, without its end; nil when there is none yet.
    package mutating func line() -> [UInt8]? {
        let end = bytes[searched...].firstIndex(of: 0x0A)
        let next = end.map { $0 + 1 } ?? bytes.count
        examined += next - searched
        searched = next
        guard let end else { return nil }
        defer { start = next }
        return Array(bytes[start..<end])
    }

    /// Returns what came after the last line end; nil when nothing did. The buffer is empty then.
    package mutating func rest() -> [UInt8]? {
        defer { self = LineBuffer() }
        return pending == 0 ? nil : Array(bytes[start...])
    }
}
