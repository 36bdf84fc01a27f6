internal import Events
internal import GRDB
internal import Logging
internal import Text

extension Operations {
    /// The records to publish.
    public enum Selection: Sendable, Equatable {
        /// The records with these CIDs.
        case cids([String])
        /// All stored records.
        case all
        /// The records with a label that contains one of these texts, as in an event filter.
        case labels([String])
    }

    /// The most CIDs in one operation, which is one transaction.
    private static let cidLimit = 10_000

    /// Publishes records. Publishing a record again succeeds.
    ///
    /// With `.cids`, either all are published, or none when one is not stored. With `.all` and
    /// `.labels`, the records that are stored at the beginning are published in several
    /// transactions: other changes continue between them, and subscribers that read can keep up.
    ///
    /// Emits RECORD_PUBLISHED for each, also for records that were published already.
    /// - Returns: the CIDs, in the order of `.cids`, otherwise in the order of their push.
    /// - Throws: `DirectoryError.notFound`, `.invalid` or `.queryTimeout`.
    public func publish(_ selection: Selection) async throws(DirectoryError) -> [String] {
        switch selection {
        case .cids(let cids): try await publish(cids: cids)
        case .all: try await BulkPublication(operations: self, labels: nil).run()
        case .labels(let labels):
            try await BulkPublication(operations: self, labels: labels).run()
        }
    }

    private func publish(cids: [String]) async throws(DirectoryError) -> [String] {
        try Self.check(count: cids)
        return try await store.apply(PublishRecords(cids: cids, time: now()))
    }

    /// Withdraws the publication of records: of all of them, or of none when one is not stored.
    /// Succeeds also for a record that was never published.
    ///
    /// Emits RECORD_UNPUBLISHED for each.
    /// - Returns: the CIDs, each once.
    /// - Throws: `DirectoryError.notFound` or `.invalid`.
    public func unpublish(_ cids: [String]) async throws(DirectoryError) -> [String] {
        try Self.check(count: cids)
        return try await store.apply(UnpublishRecords(cids: cids))
    }

    private static func check(count cids: [String]) throws(DirectoryError) {
        guard cids.count <= cidLimit else {
            throw .invalid(
                "\(cids.count) cids are too many: one request has \(cidLimit) at most; send several requests"
            )
        }
        try check(cids: cids)
    }
}

/// Publishes these records, or none when one is not stored.
struct PublishRecords: Change {
    let cids: [String]
    /// Microseconds since 1970.
    let time: Int64

    func apply(to database: Database) throws -> Applied<[String]> {
        let rows = try RecordTable.ids(of: cids, database)
        for row in rows { try RecordTable.publish(row.id, at: time, database) }
        // The labels of thousands of records are too much to hold at once.
        return Applied(
            result: rows.map(\.cid), events: [],
            bulk: BulkEvents(count: rows.count) { slice, database in
                rows[slice].map { Self.event($0, database) }
            })
    }

    /// Makes the event of a published record.
    static func event(_ row: (cid: String, id: Int64), _ database: Database) -> EventDraft {
        // The record is published, even when its labels cannot be read.
        let labels = (try? LabelTable.labels(of: row.id, database)) ?? []
        return EventDraft(.recordPublished, row.cid, labels: labels)
    }
}

/// Withdraws the publication of these records, or of none when one is not stored.
struct UnpublishRecords: Change {
    let cids: [String]

    func apply(to database: Database) throws -> Applied<[String]> {
        let rows = try RecordTable.ids(of: cids, database)
        for row in rows { try RecordTable.unpublish(row.id, database) }
        return Applied(
            result: rows.map(\.cid), events: rows.map { EventDraft(.recordUnpublished, $0.cid) })
    }
}

/// The publication of many records, in several transactions.
private struct BulkPublication {
    private let operations: Operations
    private let labels: [String]?

    private static let reportInterval = 10_000

    private typealias Row = (cid: String, id: Int64)

    init(operations: Operations, labels: [String]?) throws(DirectoryError) {
        if let labels {
            guard labels.count <= 1000 else {
                throw .invalid("a selection has 1000 labels at most")
            }
            try LabelSearch.check(labels)
        }
        self.operations = operations
        self.labels = labels
    }

    /// Runs to the end, even when the client has left: a part of a publication is of no use.
    func run() async throws(DirectoryError) -> [String] {
        let publication = Task { () async -> Result<[String], DirectoryError> in
            do throws(DirectoryError) { return .success(try await publish()) } catch {
                return .failure(error)
            }
        }
        return try await publication.value.get()
    }

    private func publish() async throws(DirectoryError) -> [String] {
        try operations.store.checkWritable()
        let labels = labels
        // Read before the first write: a search must not make other changes wait.
        let (last, numbers) = try await operations.store.scan { database in
            (
                try Int64.fetchOne(database, sql: "SELECT max(id) FROM record") ?? 0,
                try labels.map { try LabelTable.numbers(containing: $0, database) }
            )
        }
        var published: [String] = []
        var place: Int64 = 0
        while place < last {
            let rows = try await rows(after: place, upTo: last, numbers)
            guard let end = rows.last?.id else { break }
            var rest = rows[...]
            while !rest.isEmpty {
                let slice = Array(rest.prefix(operations.events.burst))
                let done = try await publish(slice)
                published += done.cids
                rest = rest.dropFirst(done.count)
                report(published.count, done.cids.count)
                await operations.events.pace()
            }
            place = end
        }
        return published
    }

    private func rows(after place: Int64, upTo last: Int64, _ numbers: String?)
        async throws(DirectoryError) -> [Row]
    {
        try await operations.store.scan { database in
            var conditions: [RecordQuery.Condition] = [
                ("record.id > ? AND record.id <= ?", [place, last])
            ]
            if let numbers { conditions.append(try RecordQuery.labelCondition(numbers, database)) }
            let rows = try GRDB.Row.fetchCursor(
                database,
                sql: """
                    SELECT cid, id FROM record
                    WHERE \(conditions.map(\.sql).joined(separator: " AND ")) ORDER BY id LIMIT 4096
                    """,
                arguments: conditions.reduce(into: StatementArguments()) { $0 += $1.arguments })
            var found: [Row] = []
            while let row = try rows.next() {
                found.append((try row.decode(atIndex: 0), try row.decode(atIndex: 1)))
            }
            return found
        }
    }

    /// Publishes the first of these records, as many as fit into one transaction.
    /// - Returns: the number of records that were tried, and the CIDs of those that were still
    ///   stored.
    private func publish(_ rows: [Row]) async throws(DirectoryError) -> (count: Int, cids: [String])
    {
        try await operations.store.apply(PublishSlice(rows: rows, time: operations.now()))
    }

    private func report(_ count: Int, _ more: Int) {
        guard count / Self.reportInterval > (count - more) / Self.reportInterval else { return }
        operations.logger.info("publishing", metadata: ["records": "\(count)"])
    }
}

/// Publishes the first of these records, as many as fit into one transaction. Those that are not
/// stored any more are left out.
private struct PublishSlice: Change {
    let rows: [(cid: String, id: Int64)]
    /// Microseconds since 1970.
    let time: Int64

    /// The most bytes of labels in the events of one transaction: it ends with the record that
    /// exceeds the limit.
    private static let labelBytes = 4 << 20

    func apply(to database: Database) throws -> Applied<(count: Int, cids: [String])> {
        var (events, bytes, count): ([EventDraft], Int, Int) = ([], 0, 0)
        for row in rows {
            count += 1
            guard try RecordTable.id(of: row.cid, database) == row.id else { continue }
            try RecordTable.publish(row.id, at: time, database)
            let event = PublishRecords.event(row, database)
            bytes += event.labels.reduce(0) { $0 + $1.utf8.count }
            events.append(event)
            if bytes > Self.labelBytes { break }
        }
        return Applied(result: (count, events.map(\.resourceID)), events: events)
    }
}
