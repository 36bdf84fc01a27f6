internal import Events
internal import GRDB

/// Reads one page of the event log from a snapshot. Through the index of resources when the filter
/// names some, else through that of types when it names few, else row by row; the rest of the
/// filter is checked on the rows.
struct EventPageReader {
    private let database: Database
    private let matcher: EventMatcher
    private var count: EventPageCount
    private(set) var page: EventPage

    /// With more types than this, most rows match: then they are read in their order.
    private static let fewTypes = 4

    /// Reads a page.
    /// - Parameter end: where it ends at the latest.
    static func page(
        after place: EventPlace, through end: EventPlace?, _ matcher: EventMatcher,
        _ limits: EventPageLimits, _ database: Database
    ) throws -> EventPage {
        let floor = try EventLogState.read(database).floor
        let newest = max(floor, try EventTable.newest(database) ?? 0)
        let start = max(place.position, floor)
        let last = min(newest, end?.position ?? .max)
        var reader = EventPageReader(
            database: database, matcher: matcher, count: EventPageCount(limits),
            page: EventPage(next: EventPlace(after: start)))
        reader.page.evictedCount = Int(max(0, floor - max(0, place.position)))
        if start < last { try reader.read(through: last) }
        reader.page.isAtEnd = reader.page.next.position >= last
        return reader.page
    }

    private mutating func read(through last: Int64) throws {
        if let cids = matcher.cids {
            try read(through: last, .resource, keys: cids.map(EventTable.hash))
        } else if let types = matcher.types?.types, types.count <= Self.fewTypes {
            try read(through: last, .type, keys: types.map { Int64($0.rawValue) })
        } else {
            try readRows(through: last)
        }
    }

    private mutating func readRows(through last: Int64) throws {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT \(EventTable.columns) FROM event
                    WHERE position > ? AND position <= ? ORDER BY position
                    """), arguments: [page.next.position, last])
        while let row = try rows.next() {
            try take(row)
            if count.isFull { return }
        }
        page.next = EventPlace(after: last)
    }

    private mutating func read(
        through last: Int64, _ column: EventPositions.Column, keys: [Int64]
    ) throws {
        var positions = EventPositions(
            column, keys: keys, after: page.next.position, through: last, database)
        while true {
            let entries = try positions.fetch()
            count.readIndex(entries)
            while let position = positions.next() {
                if let row = try EventTable.row(at: position, database) { try take(row) }
                if count.isFull { return }
            }
            guard let horizon = positions.horizon else { break }
            page.next = EventPlace(after: horizon)
            if count.isFull { return }
        }
        page.next = EventPlace(after: last)
    }

    private mutating func take(_ row: Row) throws {
        let stored = try EventTable.Stored(row)
        count.read(stored.byteCount)
        page.next = EventPlace(after: stored.position)
        guard matcher.matches(stored.type, stored.resourceID),
            matcher.matchesLabels(stored.detail.labelContains)
        else { return }
        count.take(stored.byteCount)
        page.events.append(stored.logged)
    }
}

/// The positions of the events that have one of several keys in an index, in order. Each key is
/// read in steps, and further only when the order needs it; so the cost grows with what is taken,
/// and not with what there is.
struct EventPositions {
    /// The columns with an index.
    enum Column {
        case type, resource

        /// The name in the table.
        var name: String {
            switch self {
            case .type: "type"
            case .resource: "resource_hash"
            }
        }
    }

    private let column: Column
    private let last: Int64
    private let database: Database
    /// The keys that may have further entries: up to where they were read, and the size of their
    /// next step.
    private var open: [Int64: (position: Int64, step: Int)]
    /// The positions that were read, latest first.
    private var waiting: [Int64] = []

    init(
        _ column: Column, keys: [Int64], after position: Int64, through last: Int64,
        _ database: Database
    ) {
        (self.column, self.last, self.database) = (column, last, database)
        let step = max(4, min(256, 512 / max(1, keys.count)))
        open = Dictionary(keys.map { ($0, (position, step)) }) { first, _ in first }
    }

    /// Up to here every entry has been read; nil when all have been, to the end.
    var horizon: Int64? { open.values.lazy.map(\.position).min() }

    /// Reads the next entries of the keys that were read least far.
    /// - Returns: how many entries and searches it took.
    mutating func fetch() throws -> Int {
        guard let horizon else { return 0 }
        let statement = try database.cachedStatement(
            sql: """
                SELECT position FROM event WHERE \(column.name) = ? AND position > ?
                AND position <= ? ORDER BY position LIMIT ?
                """)
        var cost = 0
        for (key, state) in open where state.position == horizon {
            let found = try Int64.fetchAll(
                statement, arguments: [key, state.position, last, state.step])
            cost += found.count + 1
            waiting += found
            if let position = found.last, found.count == state.step {
                open[key] = (position, min(256, state.step * 2))
            } else {
                open[key] = nil
            }
        }
        waiting.sort(by: >)
        return cost
    }

    /// Removes the next position, if no other entry can be before it.
    mutating func next() -> Int64? {
        guard let position = waiting.last, position <= horizon ?? .max else { return nil }
        return waiting.popLast()
    }
}
