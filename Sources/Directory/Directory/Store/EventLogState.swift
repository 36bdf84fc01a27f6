internal import Events
internal import GRDB

/// The row of `event_log`: whether the log is on, and what is known of the events that it does not
/// keep.
struct EventLogState: Sendable {
    /// Whether events are logged.
    var isOn = false
    /// The position of the newest event that is not kept; 0 when there was none.
    var floor: Int64 = 0
    /// Its id; nil when it is not known.
    var floorID: EventID?
    /// The latest time of all events that are not kept, microseconds since 1970.
    var floorTime = Int64.min
    /// The bytes of all events that are not kept, as `EventTable.Entry.through` counts them.
    var floorBytes: Int64 = 0
    /// Later events are not evicted; nil when there is no such place.
    var retainedAfter: Int64?

    /// The state of a store without a log.
    init() {}

    /// Reads the state.
    static func read(_ database: Database) throws -> EventLogState {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT is_on, floor, floor_id_high, floor_id_low, floor_time, floor_bytes,
                        retained_after FROM event_log
                    """))
        var state = EventLogState()
        guard let row else { return state }
        state.isOn = try row.decode(atIndex: 0)
        state.floor = try row.decode(atIndex: 1)
        let (high, low): (Int64?, Int64?) = (
            try row.decode(atIndex: 2), try row.decode(atIndex: 3)
        )
        if let high, let low { state.floorID = EventTable.id(high, low) }
        state.floorTime = try row.decode(atIndex: 4)
        state.floorBytes = try row.decode(atIndex: 5)
        state.retainedAfter = try row.decode(atIndex: 6)
        return state
    }

    /// Writes the state.
    func write(_ database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO event_log (id, is_on, floor, floor_id_high, floor_id_low,
                    floor_time, floor_bytes, retained_after)
                VALUES (1, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            isOn, floor, floorID.map { Int64(bitPattern: $0.high) },
            floorID.map { Int64(bitPattern: $0.low) }, floorTime, floorBytes, retainedAfter,
        ])
    }
}
