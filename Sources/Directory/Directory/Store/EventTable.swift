internal import Events
internal import FoundationEssentials
internal import GRDB
internal import Text

/// The rows of the event log. Every call is inside a transaction of the caller.
enum EventTable {
    /// An event with its place in the log, and the sums up to it.
    struct Entry: Sendable {
        let event: Event
        let position: Int64
        /// The latest time of this event and all before it, microseconds since 1970.
        let latest: Int64
        /// The bytes of this event and all before it.
        let through: Int64
    }

    /// Writes an event.
    static func insert(_ entry: Entry, _ database: Database) throws {
        let event = entry.event
        try database.cachedStatement(
            sql: """
                INSERT INTO event (position, id_high, id_low, type, time, latest_time,
                    bytes_through, resource_hash, resource_id, detail)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            entry.position, Int64(bitPattern: event.id.high), Int64(bitPattern: event.id.low),
            event.type.rawValue, event.timestamp, entry.latest, entry.through,
            hash(event.resourceID), Data(event.resourceID.utf8), Data(EventDetail.bytes(event)),
        ])
    }

    /// Deletes the events up to a position.
    static func delete(through position: Int64, _ database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM event WHERE position <= ?")
            .execute(arguments: [position])
    }

    /// Returns the number under which a resource is in its index: FNV-1a of its bytes. Short, so
    /// that the index costs little; the resource itself is compared in the row.
    static func hash(_ resourceID: String) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in resourceID.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int64(bitPattern: hash)
    }

    /// The columns that `Stored` reads.
    static let columns = "position, id_high, id_low, type, time, resource_id, detail"

    /// A row. Its labels and metadata are read only when they are needed.
    struct Stored {
        let position: Int64
        let id: EventID
        let type: EventType
        let time: Int64
        let resourceID: String
        let detail: EventDetail
        /// The approximate size, bytes.
        let byteCount: Int

        /// Reads a row of `columns`.
        /// - Throws: `RowDecodingError`, or `DirectoryError` when the row is damaged.
        init(_ row: Row) throws {
            position = try row.decode(atIndex: 0)
            id = EventTable.id(try row.decode(atIndex: 1), try row.decode(atIndex: 2))
            let number: Int = try row.decode(atIndex: 3)
            time = try row.decode(atIndex: 4)
            let resource = try row.withUnsafeData(atIndex: 5) { [UInt8]($0 ?? Data()) }
            let bytes = try row.withUnsafeData(atIndex: 6) { [UInt8]($0 ?? Data()) }
            guard let type = EventType(rawValue: number), let detail = EventDetail(bytes) else {
                throw DirectoryError.storeUnavailable("event \(position) of the log is damaged")
            }
            (self.type, self.detail) = (type, detail)
            resourceID = String(decoding: resource, as: UTF8.self)
            byteCount = 128 + resource.count + bytes.count
        }

        /// The event with its place.
        var logged: LoggedEvent {
            LoggedEvent(
                Event(
                    id: id, type: type, timestamp: time, resourceID: resourceID,
                    labels: detail.labelTexts, metadata: detail.metadataEntries),
                at: EventPlace(after: position))
        }
    }

    /// Returns the columns of a row; nil when there is none at this position.
    static func row(at position: Int64, _ database: Database) throws -> Row? {
        try Row.fetchOne(
            database.cachedStatement(sql: "SELECT \(columns) FROM event WHERE position = ?"),
            arguments: [position])
    }

    /// Returns the id of two columns.
    static func id(_ high: Int64, _ low: Int64) -> EventID {
        EventID(high: UInt64(bitPattern: high), low: UInt64(bitPattern: low))
    }

    /// Returns the position of the newest event with an id; nil when none is kept.
    static func position(of id: EventID, _ database: Database) throws -> Int64? {
        try Int64.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT position FROM event WHERE id_high = ? AND id_low = ?
                    ORDER BY position DESC LIMIT 1
                    """),
            arguments: [Int64(bitPattern: id.high), Int64(bitPattern: id.low)])
    }

    /// Returns the position of the newest event; nil when none is kept.
    static func newest(_ database: Database) throws -> Int64? {
        try Int64.fetchOne(database.cachedStatement(sql: "SELECT max(position) FROM event"))
    }

    /// The sums up to an event.
    struct Mark: Sendable {
        let position: Int64
        let id: EventID
        let time: Int64
        let latest: Int64
        let through: Int64
    }

    /// Returns the sums up to the first events after a position.
    static func marks(after position: Int64, limit: Int, _ database: Database) throws -> [Mark] {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT position, id_high, id_low, time, latest_time, bytes_through FROM event
                    WHERE position > ? ORDER BY position LIMIT ?
                    """), arguments: [position, limit])
        var marks: [Mark] = []
        while let row = try rows.next() {
            marks.append(
                Mark(
                    position: try row.decode(atIndex: 0),
                    id: id(try row.decode(atIndex: 1), try row.decode(atIndex: 2)),
                    time: try row.decode(atIndex: 3), latest: try row.decode(atIndex: 4),
                    through: try row.decode(atIndex: 5)))
        }
        return marks
    }
}
