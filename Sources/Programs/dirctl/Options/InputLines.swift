internal import DirectoryClient

/// The lines of an input, read on demand.
struct InputLines: AsyncSequence, Sendable {
    let input: Input

    func makeAsyncIterator() -> Iterator { Iterator(input: input) }

    struct Iterator: AsyncIteratorProtocol {
        let input: Input
        private var buffer = LineBuffer()
        private var isOver = false

        init(input: Input) { self.input = input }

        mutating func next() async throws -> [UInt8]? {
            while !isOver {
                if let line = buffer.line() { return line }
                if let part = try input.next() { buffer.append(part) } else { isOver = true }
            }
            return buffer.line() ?? buffer.rest()
        }
    }
}
