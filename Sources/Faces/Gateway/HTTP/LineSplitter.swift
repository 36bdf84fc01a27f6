/// Splits a stream of bytes into lines. Skips empty lines. A line that exceeds the limit is reported
/// without its bytes.
struct LineSplitter {
    /// A line of the stream.
    struct Line: Equatable {
        /// The number of the line, from 1, with empty lines.
        let number: Int
        /// Nil when the line is too long.
        let bytes: [UInt8]?
    }

    private let limit: Int
    private var pending: [UInt8] = []
    private var isSkipping = false
    private var number = 0

    /// Makes a splitter.
    /// - Parameter limit: the most bytes of a line.
    init(limit: Int) { self.limit = limit }

    /// The bytes of the line that has not ended.
    var pendingCount: Int { pending.count }

    /// Reads a piece.
    /// - Returns: the lines that ended in it.
    mutating func add(_ bytes: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            take(rest[..<end])
            endLine(into: &lines)
            rest = rest[(end + 1)...]
        }
        take(rest)
        return lines
    }

    /// Returns the last line, if it has no line end.
    mutating func finish() -> [Line] {
        var lines: [Line] = []
        endLine(into: &lines)
        return lines
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) {
        guard !isSkipping else { return }
        pending += bytes
        if pending.count > limit {
            isSkipping = true
            pending = []
        }
    }

    private mutating func endLine(into lines: inout [Line]) {
        defer {
            pending = []
            isSkipping = false
        }
        number += 1
        if isSkipping { return lines.append(Line(number: number, bytes: nil)) }
        if pending.last == 0x0D { pending.removeLast() }
        if pending.contains(where: { $0 != 0x20 && $0 != 0x09 }) {
            lines.append(Line(number: number, bytes: pending))
        }
    }
}
