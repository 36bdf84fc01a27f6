internal import Wire

/// What the connection holds of the budget of memory.
extension Connection {
    /// What a parser may hold without being counted.
    static let parserBase = 4 << 10

    func countParserMemory() -> Bool {
        let extra = max(0, parser.bufferCapacity - Self.parserBase)
        if extra == parserMemory.count || parserMemory.resize(to: extra) { return true }
        // It is there already.
        parserMemory.set(to: extra)
        return false
    }

    func refuseForMemory() {
        switch state {
        case .receiving: refuse(.outOfMemory)
        case .responding: resume(&bodyReader, throwing: .outOfMemory)
        case .flushing, .lingering, .closed: end()
        }
    }

    func releaseMemory() {
        bodyMemory.set(to: 0)
        outputMemory.set(to: 0)
        parserMemory.set(to: 0)
    }
}
