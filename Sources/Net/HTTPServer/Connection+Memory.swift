internal import Frames

/// What the connection holds of the budget of memory.
extension Connection {
    /// Bytes of a parser's buffer that are not counted.
    static let parserBase = 4 << 10

    /// Counts the buffer of the parser.
    /// - Returns: whether the budget has room for it.
    func countParserMemory() -> Bool {
        let extra = max(0, parser.bufferCapacity - Self.parserBase)
        if extra == parserMemory.count || parserMemory.resize(to: extra) { return true }
        // It is allocated already.
        parserMemory.set(to: extra)
        return false
    }

    /// Refuses the request, or the rest of its body, because there is no memory for it.
    func refuseForMemory() {
        switch state.phase {
        case .receiving: refuse(.outOfMemory)
        case .responding: bodyReader.resume(throwing: .outOfMemory)
        case .flushing, .lingering, .closed: end()
        }
    }

    func releaseMemory() {
        bodyMemory.set(to: 0)
        outputMemory.set(to: 0)
        parserMemory.set(to: 0)
    }
}
