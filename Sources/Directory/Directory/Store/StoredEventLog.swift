public import Events
internal import GRDB

/// The event log of a store, in SQLite.
///
/// Its reads have connections of their own, and end at the time limit of the store: then they throw
/// `DirectoryError.queryTimeout`. While the store cannot be written, for example because the disk
/// is full, RECORD_PULLED is published before it can be read here.
public struct StoredEventLog: EventLog {
    private let store: Store
    private let commits: CommitQueue?

    /// - Parameter commits: nil when the store is too damaged to be opened.
    init(store: Store, commits: CommitQueue?) {
        self.store = store
        self.commits = commits
    }

    /// Whether events are kept. The first webhook turns the log on.
    public var isOn: Bool { commits?.isLogOn ?? false }

    /// Returns what is kept now.
    public func extent() async throws(DirectoryError) -> EventLogExtent {
        try await store.history { try Self.extent($0) }
            ?? EventLogExtent(oldest: .start, oldestID: nil, newest: .start, byteCount: 0)
    }

    /// Finds the place after an event, through the index of ids.
    public func start(after id: EventID) async throws(DirectoryError) -> EventLogStart {
        let start = try await store.history { database -> EventLogStart in
            let state = try EventLogState.read(database)
            let position = try EventTable.position(of: id, database)
            if let position, position > state.floor {
                return .known(EventPlace(after: position))
            }
            if id == state.floorID { return .known(EventPlace(after: state.floor)) }
            let cause =
                position != nil
                ? .evicted
                : EventLogReset.cause(
                    forMissing: id, evicted: state.floorID, time: state.floorTime)
            return try Self.reset(cause, database)
        }
        return start ?? .unknown(EventLogReset(.historyOff))
    }

    /// Finds the place before the first event of a time or later, by bisection.
    public func start(since time: Int64) async throws(DirectoryError) -> EventLogStart {
        let start = try await store.history { database -> EventLogStart in
            let state = try EventLogState.read(database)
            guard time > state.floorTime else { return try Self.reset(.evicted, database) }
            var low = state.floor
            var high = max(low, try EventTable.newest(database) ?? 0)
            while low < high {
                let middle = low + (high - low) / 2
                let mark = try EventTable.marks(after: middle, limit: 1, database).first
                if let mark, mark.latest < time { low = middle + 1 } else { high = middle }
            }
            return .known(EventPlace(after: low))
        }
        return start ?? .unknown(EventLogReset(.historyOff))
    }

    /// Reads the next events that match, in one short transaction.
    public func page(
        after place: EventPlace, through end: EventPlace?, matching matcher: EventMatcher,
        limits: EventPageLimits
    ) async throws(DirectoryError) -> EventPage {
        let page = try await store.history { database in
            try EventPageReader.page(after: place, through: end, matcher, limits, database)
        }
        if let page { return page }
        var empty = EventPage(next: place)
        empty.isAtEnd = true
        return empty
    }

    /// Keeps the events after a place. Each call is a commit: not to be called for each event.
    public func retain(after place: EventPlace?) async throws(DirectoryError) {
        try await commits?.retain(after: place)
    }

    /// Evicts all that is beyond the limits, without waiting for the background. Blocks the thread.
    func evictNow() throws { try commits?.evictNow() }

    private static func extent(_ database: Database) throws -> EventLogExtent {
        let state = try EventLogState.read(database)
        let newest = try EventTable.newest(database) ?? 0
        guard newest > state.floor else {
            let place = EventPlace(after: state.floor)
            return EventLogExtent(oldest: place, oldestID: nil, newest: place, byteCount: 0)
        }
        let first = try EventTable.marks(after: state.floor, limit: 1, database).first
        let last = try EventTable.marks(after: newest - 1, limit: 1, database).first
        return EventLogExtent(
            oldest: EventPlace(after: state.floor), oldestID: first?.id,
            newest: EventPlace(after: newest),
            byteCount: Int((last?.through ?? state.floorBytes) - state.floorBytes))
    }

    private static func reset(
        _ cause: EventLogReset.Cause, _ database: Database
    ) throws -> EventLogStart {
        let extent = try extent(database)
        return .unknown(
            EventLogReset(cause, oldest: extent.oldest, oldestID: extent.oldestID))
    }
}
