/// One event of a stream of server-sent events.
public struct ServerSentEvent: Sendable, Equatable {
    /// The last id that the stream has sent; empty when it has sent none.
    public let id: String
    /// The type; `message` when the stream does not send one.
    public let type: String
    /// The data as it was sent; perhaps not UTF-8.
    public let data: [UInt8]

    /// Makes an event.
    public init(id: String, type: String, data: [UInt8]) {
        self.id = id
        self.type = type
        self.data = data
    }

    /// The data as text; bytes that are not UTF-8 become U+FFFD.
    public var text: String { String(decoding: data, as: UTF8.self) }
}

/// Reads a stream of server-sent events (WHATWG HTML §9.2.6) from pieces of any length.
public struct EventStreamDecoder: Sendable {
    /// The stream has a line or an event that is longer than the limit.
    public struct TooLong: Error, Equatable, CustomStringConvertible {
        /// The most bytes of an event.
        public let limit: Int

        /// The reason, as a clause.
        public var description: String { "the stream has an event of more than \(limit) bytes" }
    }

    /// The time that a client waits before it reconnects, milliseconds; nil while the stream has not
    /// sent one.
    public private(set) var retry: Int?

    private let limit: Int
    private var line: [UInt8] = []
    private var isFirstLine = true
    private var endedInCarriageReturn = false
    private var id = ""
    private var type = ""
    private var data: [UInt8] = []
    private var hasData = false

    /// Makes a decoder.
    /// - Parameter limit: the most bytes of an event.
    public init(limit: Int = 16 << 20) { self.limit = limit }

    /// Reads the next piece of the stream.
    /// - Returns: the events that are complete. An incomplete event at the end of the stream is dropped.
    public mutating func decode(_ bytes: [UInt8]) throws(TooLong) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        var start = 0
        while start < bytes.endIndex {
            if endedInCarriageReturn {
                endedInCarriageReturn = false
                if bytes[start] == 0x0A {
                    start += 1
                    continue
                }
            }
            let end = bytes[start...].firstIndex { $0 == 0x0A || $0 == 0x0D }
            line += bytes[start..<(end ?? bytes.endIndex)]
            guard line.count + data.count <= limit else { throw TooLong(limit: limit) }
            guard let end else { break }
            endedInCarriageReturn = bytes[end] == 0x0D
            if let event = finishLine() { events.append(event) }
            start = end + 1
        }
        return events
    }

    private mutating func finishLine() -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else { return dispatch() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        take(line[..<colon], value)
        return nil
    }

    private mutating func take(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
        switch name {
        case Self.dataName:
            if hasData { data.append(0x0A) }
            hasData = true
            data += value
        case Self.eventName: type = String(decoding: value, as: UTF8.self)
        case Self.idName where !value.contains(0): id = String(decoding: value, as: UTF8.self)
        case Self.retryName
        where !value.isEmpty && value.allSatisfy { (0x30...0x39).contains($0) }:
            retry = Int(String(decoding: value, as: UTF8.self)) ?? retry
        default: break
        }
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer {
            type = ""
            data = []
            hasData = false
        }
        return hasData
            ? ServerSentEvent(id: id, type: type.isEmpty ? "message" : type, data: data) : nil
    }

    private static let dataName = Array("data".utf8)[...]
    private static let eventName = Array("event".utf8)[...]
    private static let idName = Array("id".utf8)[...]
    private static let retryName = Array("retry".utf8)[...]
}
