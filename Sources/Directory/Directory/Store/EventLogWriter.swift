internal import Events
internal import GRDB

/// Writes the event log, and evicts from it. A value, so that what a transaction has changed counts
/// only once the transaction is committed: the commit queue changes a copy, and keeps it then.
///
/// Sums and counts are differences between the newest and the oldest row, so nothing is counted
/// when a store is opened.
struct EventLogWriter: Sendable {
    private(set) var state: EventLogState
    /// The position of the newest event, the latest time and the bytes up to it.
    private var newest: Int64
    private var latest: Int64
    private var through: Int64

    private let wanted: EventLogPolicy
    /// Whether there are webhooks, which need the log.
    private var isNeeded: Bool
    /// Microseconds since 1970.
    private let now: @Sendable () -> Int64

    /// Events that were published although they could not be written. The next transaction writes
    /// them.
    private var unwritten: [EventTable.Entry] = []
    /// Whether such events had to be forgotten: then no reader may resume from before them.
    private var isBroken = false
    /// Whether there are rows of events that count as not kept.
    private var hasRemains: Bool
    /// Whether the last slice of the eviction was full.
    private var isBehind = false

    /// The most events, and their bytes, that wait to be written.
    private static let unwrittenLimit = (count: 1024, bytes: Int64(4 << 20))
    /// The events, and the bytes, beyond the limits that make a commit evict.
    private static let slack = (count: Int64(64), bytes: Int64(64 << 10))

    /// Continues the log of a store. Inside a transaction.
    ///
    /// Turning the log on begins it anew after the events that were published meanwhile; turning it
    /// off ends it.
    /// - Parameters:
    ///   - policy: what the settings want.
    ///   - isNeeded: whether there are webhooks.
    ///   - isNew: whether nothing was published in this store yet.
    init(
        _ policy: EventLogPolicy, isNeeded: Bool, now: @escaping @Sendable () -> Int64,
        isNew: Bool, _ database: Database
    ) throws {
        (wanted, self.isNeeded, self.now) = (policy, isNeeded, now)
        state = try EventLogState.read(database)
        let last = try EventTable.newest(database).flatMap {
            try EventTable.marks(after: $0 - 1, limit: 1, database).first
        }
        newest = max(last?.position ?? 0, state.floor)
        latest = max(last?.latest ?? .min, state.floorTime)
        through = max(last?.through ?? 0, state.floorBytes)
        hasRemains =
            try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM event WHERE position <= ?)",
                arguments: [state.floor]) ?? false
        guard state.isOn != self.policy.isOn else { return }
        hasRemains = last != nil
        try turn(isNew ? .min : now(), database)
    }

    /// A log that is off, for a store that cannot be written.
    init() {
        (state, newest, latest, through) = (EventLogState(), 0, .min, 0)
        (wanted, isNeeded, now, hasRemains) = (.off, false, { 0 }, false)
    }

    /// What is kept: what the settings want, else what webhooks need.
    private var policy: EventLogPolicy {
        wanted.isOn || !isNeeded ? wanted : .forWebhooks
    }

    /// The place after the newest event.
    var newestPlace: EventPlace { EventPlace(after: newest) }

    /// Turns the log on, if it is off, or off, if the settings do not want it.
    /// - Parameter isNeeded: whether there are webhooks.
    mutating func setNeeded(_ isNeeded: Bool, _ database: Database) throws {
        self.isNeeded = isNeeded
        guard state.isOn != policy.isOn else { return }
        hasRemains = hasRemains || newest > state.floor
        try turn(now(), database)
    }

    /// Turns the log on or off, as the policy says. It knows nothing of the events before.
    /// - Parameter time: microseconds since 1970.
    private mutating func turn(_ time: Int64, _ database: Database) throws {
        state.isOn = policy.isOn
        state.retainedAfter = nil
        forget(at: time)
        try state.write(database)
    }

    /// Whether events are logged.
    var isOn: Bool { state.isOn && policy.isOn }

    /// Writes events that will be published when the transaction is committed.
    /// - Returns: the place after the first of them; nil while the log is off.
    mutating func append(_ events: [Event], _ database: Database) throws -> EventPlace? {
        guard isOn else { return nil }
        try catchUp(database)
        let first = newest + 1
        for event in events { try EventTable.insert(next(event), database) }
        return EventPlace(after: first)
    }

    /// Numbers events that will be published although the store cannot be written.
    /// - Returns: the place after the first of them; nil while the log is off.
    mutating func appendUnwritten(_ events: [Event]) -> EventPlace? {
        guard isOn else { return nil }
        let first = newest + 1
        let entries = events.map { next($0) }
        if !isBroken { unwritten += entries }
        let bytes = through - (unwritten.first?.through ?? through)
        if unwritten.count > Self.unwrittenLimit.count || bytes > Self.unwrittenLimit.bytes {
            (unwritten, isBroken) = ([], true)
        }
        return EventPlace(after: first)
    }

    /// Writes what could not be written before.
    mutating func catchUp(_ database: Database) throws {
        if isBroken {
            forget(at: now())
            try state.write(database)
            (isBroken, hasRemains) = (false, true)
        }
        for entry in unwritten { try EventTable.insert(entry, database) }
        unwritten = []
    }

    /// Keeps the events after a place; nil ends this.
    mutating func retain(after place: EventPlace?, _ database: Database) throws {
        guard isOn else { return }
        state.retainedAfter = place?.position
        try state.write(database)
    }

    private mutating func next(_ event: Event) -> EventTable.Entry {
        newest += 1
        latest = max(latest, event.timestamp)
        through += Int64(event.logByteCount)
        return EventTable.Entry(
            event: event, position: newest, latest: latest, through: through)
    }

    /// Counts every event so far as not kept.
    private mutating func forget(at time: Int64) {
        state.floor = newest
        state.floorID = nil
        state.floorTime = max(latest, time)
        state.floorBytes = through
    }
}

extension EventLogWriter {
    private var isOver: Bool { isOver(by: (0, 0)) }

    private func isOver(by slack: (count: Int64, bytes: Int64)) -> Bool {
        isOn && state.floor < state.retainedAfter ?? .max
            && (newest - state.floor - slack.count > policy.maxEvents
                || through - state.floorBytes - slack.bytes > policy.maxBytes ?? .max)
    }

    /// Whether the last slice was full, so that there may be more to evict at once.
    var isEvictionBehind: Bool { hasRemains || isBehind }

    /// When to evict next in a transaction of its own; nil when there is nothing to evict.
    var evictionDelay: Duration? {
        if isEvictionBehind { return .milliseconds(5) }
        if isOver { return .seconds(1) }
        guard isOn, newest > state.floor, let age = policy.maxAge else { return nil }
        return min(max(age / 16, .seconds(1)), .seconds(10))
    }

    /// Evicts some events inside a commit, when there are too many: commits that follow each other
    /// without a pause leave no time for another transaction.
    /// - Parameter added: how many events the commit has added.
    mutating func evictIfBehind(added: Int, _ database: Database) throws {
        guard isBehind || isOver(by: Self.slack) else { return }
        try evict(atMost: 64 + 2 * added, database)
    }

    /// Evicts the oldest events that are beyond the limits.
    /// - Parameter count: the most events; a commit waits for no more.
    mutating func evict(atMost count: Int, _ database: Database) throws {
        isBehind = false
        if hasRemains {
            try database.cachedStatement(
                sql: """
                    DELETE FROM event WHERE position IN (SELECT position FROM event
                        WHERE position <= ? ORDER BY position LIMIT ?)
                    """
            ).execute(arguments: [state.floor, count])
            hasRemains = database.changesCount >= count
            return
        }
        guard isOn, state.floor < state.retainedAfter ?? .max else { return }
        let marks = try EventTable.marks(after: state.floor, limit: count, database)
        let oldest = policy.oldestTime(now()) ?? .min
        var last: EventTable.Mark?
        for mark in marks {
            let isBeyond =
                newest - mark.position >= policy.maxEvents
                || through - (last?.through ?? state.floorBytes) > policy.maxBytes ?? .max
                || mark.time < oldest
            guard isBeyond, mark.position <= state.retainedAfter ?? .max else { break }
            last = mark
        }
        guard let last else { return }
        try EventTable.delete(through: last.position, database)
        (state.floor, state.floorID) = (last.position, last.id)
        (state.floorTime, state.floorBytes) = (last.latest, last.through)
        try state.write(database)
        isBehind = last.position == marks.last?.position && marks.count == count
    }
}
