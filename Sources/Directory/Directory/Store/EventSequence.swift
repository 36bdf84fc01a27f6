internal import Events
internal import GRDB

/// Gives events their ids and times, in the order in which they are published; seeded from the
/// store, so that ids also rise across restarts and when the clock has been set back.
///
/// What the store keeps is not each id but a reservation: the time up to which ids may have been
/// used. It is moved on in the transaction of a change, some seconds at a time, so that most commits
/// do not write it. A process that was killed leaves at most these seconds unused.
///
/// Belongs to the commit queue, which uses it from one thread at a time.
struct EventSequence {
    /// How far ahead of the last id a reservation reaches, milliseconds.
    private static let reach: Int64 = 10_000

    private var ids: EventIDSequence
    private var random = SystemRandomNumberGenerator()
    /// What the store has been told: no id is later. Milliseconds since 1970.
    private var reserved: Int64
    private let now: @Sendable () -> Int64

    /// Continues the sequence of a store.
    /// - Parameters:
    ///   - reserved: what `reservation` read.
    ///   - now: microseconds since 1970.
    init(after reserved: Int64, now: @escaping @Sendable () -> Int64) {
        ids = EventIDSequence(after: UInt64(max(0, reserved)))
        self.reserved = reserved
        self.now = now
    }

    /// Makes events of drafts, in their order.
    mutating func events(_ drafts: [EventDraft]) -> [Event] {
        guard !drafts.isEmpty else { return [] }
        let time = now()
        return drafts.map { draft in
            Event(draft, id: ids.next(now: time, random: &random), timestamp: time)
        }
    }

    /// Makes ids of one time for events that are made later.
    mutating func stamps(_ count: Int) -> EventStamps {
        let time = now()
        return EventStamps(
            ids: (0..<count).map { _ in ids.next(now: time, random: &random) }, time: time)
    }

    /// Whether the next ids may need a new reservation.
    var isReservationNear: Bool { max(last, now() / 1000) + 1000 > reserved }

    private var last: Int64 { Int64(clamping: ids.milliseconds) }

    /// The reservation that has to be written, because ids were given that the last one does not
    /// cover; some seconds ahead of them. nil when it covers all. It counts when its transaction has
    /// been committed (`keep`).
    var dueReservation: Int64? { last > reserved ? last + Self.reach : nil }

    /// Uses a reservation that was committed.
    mutating func keep(_ reservation: Int64) { reserved = max(reserved, reservation) }

    /// The reservation without what was not used, for the end of the process.
    var usedReservation: Int64 { min(last, reserved) }

    /// Reads the reservation of a store; 0 if there is none.
    static func reservation(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT reserved_until FROM event_sequence") ?? 0
    }

    /// Writes a reservation.
    static func write(_ until: Int64, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO event_sequence (id, reserved_until) VALUES (1, ?)
                ON CONFLICT (id) DO UPDATE SET reserved_until = excluded.reserved_until
                """,
            arguments: [until])
    }
}
