/// Parses requests from a stream of bytes that may be divided anywhere: a pure state machine,
/// without socket or clock. It follows RFC 9112 strictly. After an error it must not be used again.
public struct RequestParser {
    /// A part of a request.
    public enum Event: Sendable {
        /// The request without its body.
        case head(RequestHead)
        /// A piece of the body, decoded.
        case body([UInt8])
        /// The end of the request. The next one may follow in the buffer.
        case end
    }

    private enum State {
        /// Before or in the request line.
        case requestLine
        /// In the header section, which `head` collects.
        case fields
        /// In a body; the value is the number of missing bytes.
        case length(Int)
        /// Before a chunk's size.
        case chunkSize
        /// In a chunk; the value is the number of missing bytes.
        case chunk(Int)
        /// After a chunk's data, before its CRLF.
        case chunkEnd
        /// After the last chunk; the value is the number of trailer fields so far.
        case trailers(Int)
        /// The request is whole but has not been reported yet.
        case ended
    }

    private static let chunkLineLimit = 256
    /// The list of fields traps at 65,535, whatever the settings allow.
    private static let mostFields = 10_000
    private let limits: HTTPLimits
    private let fieldLimit: Int
    private var state = State.requestLine
    private var head: HeadBuilder?
    private var buffer: [UInt8] = []
    private var start = 0
    private var scanned = 0
    private var sectionBytes = 0

    /// Makes a parser before its first request.
    public init(limits: HTTPLimits) {
        self.limits = limits
        fieldLimit = min(limits.headerCount, Self.mostFields)
    }

    /// How many bytes wait to be parsed.
    public var bufferedCount: Int { buffer.count - start }

    /// How many bytes of the body, or of its current chunk, are announced and not parsed yet.
    public var announcedCount: Int {
        switch state {
        case .length(let missing), .chunk(let missing): missing
        default: 0
        }
    }

    /// The capacity of the parser's buffer, in bytes.
    public var bufferCapacity: Int { buffer.capacity }

    /// Whether no byte of the next request has arrived.
    public var isBetweenRequests: Bool {
        if case .requestLine = state { bufferedCount == 0 } else { false }
    }

    /// Adds bytes from the socket.
    public mutating func append(_ bytes: some Sequence<UInt8>) {
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 128 << 10)
            start = 0
            scanned = 0
        } else if start >= 64 << 10, start > buffer.count / 2 {
            // Parsed bytes must not stay in memory while bytes after them are not parsed.
            buffer.removeSubrange(..<start)
            scanned -= start
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// Releases the buffer if it is larger than `capacity` and nothing waits to be parsed.
    public mutating func trim(to capacity: Int) {
        guard start == buffer.count, buffer.capacity > capacity else { return }
        buffer = []
        start = 0
        scanned = 0
    }

    /// Parses the next part of a request.
    /// - Returns: nil when more bytes are needed.
    /// - Throws: when the bytes violate RFC 9112 or exceed a limit.
    public mutating func next() throws(HTTPProtocolError) -> Event? {
        while true {
            switch state {
            case .requestLine:
                guard let line = try line(upTo: limits.requestLineBytes, else: Self.longLine) else {
                    return nil
                }
                // One empty line before a request is ignored (RFC 9112 §2.2).
                if line.isEmpty, sectionBytes == 0 {
                    sectionBytes = 2
                    continue
                }
                sectionBytes = 0
                head = HeadBuilder(try RequestLine(line))
                state = .fields
            case .fields:
                guard let line = try sectionLine() else { return nil }
                if line.isEmpty, let head = takeHead() { return .head(try finish(head)) }
                try head?.add(line)
                guard head?.count ?? 0 <= fieldLimit else { throw Self.longHeader }
            case .length(let missing):
                return takeBody(missing) { $0 == 0 ? .ended : .length($0) }
            case .chunkSize:
                guard let line = try line(upTo: Self.chunkLineLimit, else: Self.longChunkLine)
                else { return nil }
                let size = try Self.chunkSize(line)
                sectionBytes = 0
                state = size == 0 ? .trailers(0) : .chunk(size)
            case .chunk(let missing):
                return takeBody(missing) { $0 == 0 ? .chunkEnd : .chunk($0) }
            case .chunkEnd:
                guard let line = try line(upTo: 0, else: Self.longChunk) else { return nil }
                guard line.isEmpty else { throw Self.longChunk }
                state = .chunkSize
            case .trailers(let count):
                guard let line = try sectionLine() else { return nil }
                guard !line.isEmpty else {
                    state = .ended
                    continue
                }
                guard count < fieldLimit else { throw Self.longHeader }
                _ = try HeadBuilder.field(line)
                state = .trailers(count + 1)
            case .ended:
                state = .requestLine
                sectionBytes = 0
                return .end
            }
        }
    }

    private mutating func takeHead() -> HeadBuilder? {
        defer { head = nil }
        return head
    }

    private mutating func finish(_ head: HeadBuilder) throws(HTTPProtocolError) -> RequestHead {
        let head = try head.finish()
        switch head.bodyFraming {
        case .none: state = .ended
        case .length(let length): state = .length(length)
        case .chunked: state = .chunkSize
        }
        return head
    }

    private mutating func takeBody(_ missing: Int, _ next: (Int) -> State) -> Event? {
        let count = min(missing, bufferedCount)
        guard count > 0 else { return nil }
        let bytes = Array(buffer[start..<(start + count)])
        start += count
        scanned = start
        state = next(missing - count)
        return .body(bytes)
    }

    /// Returns the next line of a header or trailer section, which is limited as a whole; nil when
    /// it is not complete.
    private mutating func sectionLine() throws(HTTPProtocolError) -> ArraySlice<UInt8>? {
        let left = limits.headerBytes - sectionBytes
        guard let line = try line(upTo: left, else: Self.longHeader) else { return nil }
        sectionBytes += line.count + 2
        return line
    }

    /// Returns the next line without its CRLF; nil when it is not complete. A line feed without a
    /// carriage return, or the reverse, is an error, because implementations interpret it
    /// differently.
    private mutating func line(upTo limit: Int, else tooLong: HTTPProtocolError)
        throws(HTTPProtocolError) -> ArraySlice<UInt8>?
    {
        while true {
            skipText(upTo: limit)
            guard scanned < buffer.count else { return nil }
            let byte = buffer[scanned]
            if byte == 0x0A {
                guard scanned > start, buffer[scanned - 1] == 0x0D else {
                    throw HTTPProtocolError("a line feed without a carriage return")
                }
                let line = buffer[start..<(scanned - 1)]
                start = scanned + 1
                scanned = start
                return line
            }
            if scanned > start, buffer[scanned - 1] == 0x0D {
                throw HTTPProtocolError("a carriage return without a line feed")
            }
            if byte == 0 { throw HTTPProtocolError("a NUL byte in the header") }
            if byte != 0x0D, scanned - start >= limit { throw tooLong }
            scanned += 1
        }
    }

    /// Passes over bytes that can neither end a line nor be wrong in it.
    private mutating func skipText(upTo limit: Int) {
        guard scanned == start || buffer[scanned - 1] != 0x0D else { return }
        let end = min(buffer.count, start + max(0, limit))
        while scanned < end, buffer[scanned] > 0x0D { scanned += 1 }
    }

    /// Parses the line of a chunk's size. Extensions are ignored (RFC 9112 §7.1.1).
    private static func chunkSize(_ line: ArraySlice<UInt8>) throws(HTTPProtocolError) -> Int {
        let digits = line.prefix { ByteRules.hexValue($0) != nil }
        let rest = ByteRules.trimmed(line[digits.endIndex...])
        guard !digits.isEmpty,
            rest.isEmpty || (rest.first == UInt8(ascii: ";") && rest.startIndex == digits.endIndex),
            rest.allSatisfy(ByteRules.isFieldValue), rest.isEmpty == (digits.count == line.count)
        else { throw HTTPProtocolError("a chunk size that is not a hexadecimal number") }
        let size = digits.drop { $0 == UInt8(ascii: "0") }
        // More than any limit, and than an Int holds.
        guard size.count <= 15 else { throw HTTPProtocolError(413, "a chunk that is too large") }
        return size.reduce(0) { $0 << 4 | (ByteRules.hexValue($1) ?? 0) }
    }

    private static let longLine = HTTPProtocolError(414, "the request line is too long")
    private static let longHeader = HTTPProtocolError(431, "the header section is too large")
    private static let longChunkLine = HTTPProtocolError("a chunk size line that is too long")
    private static let longChunk = HTTPProtocolError("a chunk that is longer than it says")
}
