internal import Events
internal import GRDB
internal import Logging

extension Operations {
    /// Which records are to be announced.
    public enum Selection: Sendable, Equatable {
        /// These.
        case cids([String])
        /// All that are stored.
        case all
        /// Those with a label that contains one of these, as in an event filter.
        case labels([String])
    }

    /// Announces records: all of them, or none when one is not stored. Announcing again succeeds.
    ///
    /// Emits RECORD_PUBLISHED for each, also for those that were announced already.
    /// - Returns: the CIDs, in the order of the selection or, of all and by label, of their push.
    public func publish(_ selection: Selection) async throws(DirectoryError) -> [String] {
        switch selection {
        case .cids(let cids): try Self.check(cids: cids)
        case .labels(let labels) where labels.count > 1000:
            throw .invalid("a selection takes 1000 labels at most")
        case .labels, .all: break
        }
        let (time, logger) = (now(), logger)
        return try await store.write { database in
            let rows = try Self.rows(selection, database)
            var progress = Progress(of: rows.count, logger: logger)
            let events = try rows.map { row in
                try RecordTable.publish(row.id, at: time, database)
                let labels = try RecordTable.labels(of: row.id, database)
                progress.step()
                return EventDraft(.recordPublished, row.cid, labels: labels)
            }
            return Change(result: rows.map(\.cid), events: events)
        }
    }

    /// Withdraws records: all of them, or none when one is not stored. Withdrawing a record that
    /// was never announced succeeds.
    ///
    /// Emits RECORD_UNPUBLISHED for each.
    public func unpublish(_ cids: [String]) async throws(DirectoryError) -> [String] {
        try Self.check(cids: cids)
        return try await store.write { database in
            let rows = try RecordTable.ids(of: cids, database)
            for row in rows { try RecordTable.unpublish(row.id, database) }
            return Change(
                result: rows.map(\.cid),
                events: rows.map { EventDraft(.recordUnpublished, $0.cid) })
        }
    }

    private static func rows(_ selection: Selection, _ database: Database) throws
        -> [(cid: String, id: Int64)]
    {
        switch selection {
        case .cids(let cids): return try RecordTable.ids(of: cids, database)
        case .all: return try rows("1", [], database)
        case .labels(let labels):
            let condition = RecordQuery.labelCondition(labels)
            return try rows(condition.sql, condition.arguments, database)
        }
    }

    private static func rows(
        _ condition: String, _ arguments: StatementArguments, _ database: Database
    ) throws -> [(cid: String, id: Int64)] {
        try Row.fetchAll(
            database, sql: "SELECT cid, id FROM record WHERE \(condition) ORDER BY id",
            arguments: arguments
        ).map { (cid: $0["cid"], id: $0["id"]) }
    }
}

/// Says in the log how far a long piece of work is, now and then.
private struct Progress {
    private static let interval = 10_000
    private let total: Int
    private let logger: Logger
    private var done = 0

    init(of total: Int, logger: Logger) {
        self.total = total
        self.logger = logger
    }

    mutating func step() {
        done += 1
        guard done.isMultiple(of: Self.interval) || (done == total && total > Self.interval) else {
            return
        }
        logger.info("publishing", metadata: ["records": "\(done)", "of": "\(total)"])
    }
}
