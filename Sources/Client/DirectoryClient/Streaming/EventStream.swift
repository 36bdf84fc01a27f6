internal import AsyncAlgorithms
public import Events

/// A stream of the gateway that reconnects by itself.
///
/// After an interruption it goes on after its last event, when the gateway keeps an event log;
/// otherwise it reports a reset. It reads no faster than its iterator is called. When that is too slow,
/// the gateway drops events and sends their number. The stream is closed when its iterator is released or its task is cancelled.
public struct EventStream: AsyncSequence, Sendable {
    let client: DirectoryClient
    let filter: EventFilter
    let start: StreamStart

    /// Opens the stream.
    public func makeAsyncIterator() -> Iterator {
        Iterator(client: client, filter: filter, start: start)
    }

    /// The items of an open stream.
    public struct Iterator: AsyncIteratorProtocol {
        private let connection: OpenStream
        private var items: [StreamItem] = []
        private var position = 0

        init(client: DirectoryClient, filter: EventFilter, start: StreamStart) {
            connection = OpenStream(client: client, filter: filter, start: start)
        }

        /// Returns the next item; nil when the gateway has ended the stream permanently (204), or the
        /// task was cancelled.
        /// - Throws: `DirectoryClientError` when a retry would not help.
        public mutating func next() async throws -> StreamItem? {
            while position == items.count {
                guard let more = try await connection.next() else { return nil }
                items = more
                position = 0
            }
            defer { position += 1 }
            return items[position]
        }
    }
}

/// The task that keeps a stream open; it ends with the iterator.
private final class OpenStream: Sendable {
    private let channel = AsyncThrowingChannel<[StreamItem], any Error>()
    private let task: Task<Void, Never>

    init(client: DirectoryClient, filter: EventFilter, start: StreamStart) {
        task = Task { [channel] in
            await StreamDriver(client: client, filter: filter, start: start, channel: channel).run()
        }
    }

    deinit { task.cancel() }

    func next() async throws -> [StreamItem]? {
        var iterator = channel.makeAsyncIterator()
        let items = try await iterator.next()
        if items == nil { task.cancel() }
        return items
    }
}

/// The decoded events of a stream. A callback receives the other items.
public struct EventSequence: AsyncSequence, Sendable {
    let stream: EventStream
    let onNotice: @Sendable (StreamItem) -> Void

    /// Opens the stream.
    public func makeAsyncIterator() -> Iterator {
        Iterator(base: stream.makeAsyncIterator(), onNotice: onNotice)
    }

    /// The events of an open stream.
    public struct Iterator: AsyncIteratorProtocol {
        var base: EventStream.Iterator
        let onNotice: @Sendable (StreamItem) -> Void

        /// Returns the next event; nil when the gateway has ended the stream permanently, or the task
        /// was cancelled. Skips events of types that this version does not know.
        /// - Throws: `DirectoryClientError` when a retry would not help.
        public mutating func next() async throws -> Event? {
            while let item = try await base.next() {
                guard case .event(let received) = item else {
                    onNotice(item)
                    continue
                }
                if let event = received.decoded() { return event }
            }
            return nil
        }
    }
}

extension DirectoryClient {
    /// Returns the events that match a filter. An empty list matches every event.
    ///
    /// - Parameters:
    ///   - types: an event needs one of these types.
    ///   - labels: parts of labels; an event needs a label with one of them.
    ///   - cids: whole resource ids; an event needs one of them.
    ///   - start: where the stream begins.
    ///   - onNotice: receives all other items: connected, dropped, reset, gap, reconnecting.
    public func events(
        types: [EventType] = [], labels: [String] = [], cids: [String] = [],
        from start: StreamStart = .now,
        onNotice: @escaping @Sendable (StreamItem) -> Void = { _ in }
    ) -> EventSequence {
        let filter = EventFilter(types: types, labels: labels, cids: cids)
        return EventSequence(stream: stream(filter, from: start), onNotice: onNotice)
    }

    /// Returns the events that match a filter and the notices of the stream, in their order. Events
    /// are not decoded.
    /// - Parameter start: where the stream begins.
    public func stream(_ filter: EventFilter = .all, from start: StreamStart = .now) -> EventStream
    {
        EventStream(client: self, filter: filter, start: start)
    }
}
