internal import AsyncAlgorithms
public import Events

/// A stream of the gateway that comes back by itself when it breaks.
///
/// It reads no faster than it is read: who reads too slowly is told by the gateway what was lost.
/// It is closed at once when its iterator is let go or its task is cancelled.
public struct EventStream: AsyncSequence, Sendable {
    let client: DirectoryClient
    let filter: EventFilter

    public func makeAsyncIterator() -> Iterator { Iterator(client: client, filter: filter) }

    public struct Iterator: AsyncIteratorProtocol {
        private let pump: Pump
        private var items: [StreamItem] = []
        private var position = 0

        init(client: DirectoryClient, filter: EventFilter) {
            pump = Pump(client: client, filter: filter)
        }

        /// The next item; nil when the gateway has ended the stream for good (204), or the task was
        /// cancelled.
        /// - Throws: `DirectoryClientError` when trying again would not help.
        public mutating func next() async throws -> StreamItem? {
            while position == items.count {
                guard let more = try await pump.next() else { return nil }
                items = more
                position = 0
            }
            defer { position += 1 }
            return items[position]
        }
    }
}

/// The task that keeps a stream open; it ends with the iterator.
private final class Pump: Sendable {
    private let channel = AsyncThrowingChannel<[StreamItem], any Error>()
    private let task: Task<Void, Never>

    init(client: DirectoryClient, filter: EventFilter) {
        task = Task { [channel] in
            await StreamDriver(client: client, filter: filter, channel: channel).run()
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

/// Events alone, decoded; what else happens is told to a callback.
public struct EventSequence: AsyncSequence, Sendable {
    let stream: EventStream
    let onNotice: @Sendable (StreamItem) -> Void

    public func makeAsyncIterator() -> Iterator {
        Iterator(base: stream.makeAsyncIterator(), onNotice: onNotice)
    }

    public struct Iterator: AsyncIteratorProtocol {
        var base: EventStream.Iterator
        let onNotice: @Sendable (StreamItem) -> Void

        /// The next event; nil when the gateway has ended the stream for good, or the task was
        /// cancelled. Events of types that this version does not know are left out.
        /// - Throws: `DirectoryClientError` when trying again would not help.
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
    /// The events that pass a filter, from now on.
    ///
    /// - Parameters:
    ///   - types: nothing means all; an event needs one of them.
    ///   - labels: parts of labels; an event needs a label with one of them.
    ///   - cids: whole resource ids; an event needs one of them.
    ///   - onNotice: told of everything but events: connected, dropped, gap, reconnecting.
    public func events(
        types: [EventType] = [], labels: [String] = [], cids: [String] = [],
        onNotice: @escaping @Sendable (StreamItem) -> Void = { _ in }
    ) -> EventSequence {
        let filter = EventFilter(types: types, labels: labels, cids: cids)
        return EventSequence(stream: stream(filter), onNotice: onNotice)
    }

    /// Events and notices in their order, events as they came.
    public func stream(_ filter: EventFilter = .all) -> EventStream {
        EventStream(client: self, filter: filter)
    }
}
