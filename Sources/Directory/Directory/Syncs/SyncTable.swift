internal import GRDB

/// The tables of syncs. Every call is inside a transaction of the caller.
enum SyncTable {
    /// Stores a new sync.
    static func insert(_ sync: Sync, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO sync (sync_id, remote_url, state, created_at, updated_at)
                VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [
                sync.id, sync.remoteURL, sync.state.rawValue, sync.createdAt, sync.updatedAt,
            ])
        let row = database.lastInsertedRowID
        for (position, cid) in sync.cids.enumerated() {
            try database.cachedStatement(
                sql: "INSERT INTO sync_cid (sync, position, cid) VALUES (?, ?, ?)"
            ).execute(arguments: [row, position, cid])
        }
    }

    /// Changes the state of a sync, unless it has ended.
    /// - Parameter time: microseconds since 1970.
    /// - Returns: false when it had ended already.
    static func change(
        _ id: String, to state: SyncState, progress: SyncProgress? = nil, error: String? = nil,
        at time: Int64, _ database: Database
    ) throws -> Bool {
        try database.execute(
            sql:
                "UPDATE sync SET state = ?, error = ?, updated_at = ? WHERE sync_id = ? AND \(open)",
            arguments: [state.rawValue, error, time, id])
        guard database.changesCount > 0 else { return false }
        if let progress { try record(progress, of: id, database) }
        return true
    }

    /// Returns whether a sync has not ended.
    static func isOpen(_ id: String, _ database: Database) throws -> Bool {
        try Bool.fetchOne(
            database.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM sync WHERE sync_id = ? AND \(open))"),
            arguments: [id]) ?? false
    }

    /// Records the progress of a sync.
    static func record(_ progress: SyncProgress, of id: String, _ database: Database) throws {
        try database.execute(
            sql: """
                UPDATE sync SET found = ?, copied = ?, present = ?, failed = ?, signatures = ?,
                    signatures_refused = ?, starts = 0 WHERE sync_id = ?
                """,
            arguments: [
                progress.found, progress.copied, progress.present, progress.failed,
                progress.signatures, progress.signaturesRefused, id,
            ])
    }

    /// Returns a sync; nil when there is none with this id.
    static func sync(_ id: String, _ database: Database) throws -> Sync? {
        guard !id.utf8.contains(0) else { return nil }
        let row = try Row.fetchOne(
            database, sql: "SELECT * FROM sync WHERE sync_id = ?", arguments: [id])
        return try row.map { try sync($0, database) }
    }

    /// Returns the syncs that have not ended, oldest first, without those that cannot be read.
    static func unfinished(_ database: Database) throws -> [Unfinished] {
        try Row.fetchAll(database, sql: "SELECT * FROM sync WHERE \(open) ORDER BY id")
            .compactMap { row in
                guard let sync = try? sync(row, database) else { return nil }
                return Unfinished(sync: sync, starts: (try? row.decode(forColumn: "starts")) ?? 0)
            }
    }

    /// A sync that has not ended.
    struct Unfinished: Sendable {
        let sync: Sync
        /// The number of starts in a row during which the process ended.
        let starts: Int
    }

    /// Marks a sync as started.
    /// - Returns: false when it has ended already.
    static func start(_ id: String, at time: Int64, _ database: Database) throws -> Bool {
        guard try change(id, to: .inProgress, at: time, database) else { return false }
        try database.execute(
            sql: "UPDATE sync SET starts = min(starts, 1000) + 1 WHERE sync_id = ?",
            arguments: [id])
        return true
    }

    /// Deletes syncs that ended before a time (microseconds since 1970), a thousand at most.
    /// - Returns: the number of deleted syncs.
    static func removeEnded(before time: Int64, _ database: Database) throws -> Int {
        try database.execute(
            sql:
                "DELETE FROM sync WHERE id IN (SELECT id FROM sync WHERE \(ended) AND updated_at < ? ORDER BY id LIMIT 1000)",
            arguments: [time])
        return database.changesCount
    }

    /// Returns the number of syncs that ended before a time (microseconds since 1970).
    static func countEnded(before time: Int64, _ database: Database) throws -> Int {
        try Int.fetchOne(
            database, sql: "SELECT count(*) FROM sync WHERE \(ended) AND updated_at < ?",
            arguments: [time]) ?? 0
    }

    private static let ended =
        "state IN (\(SyncState.allCases.filter(\.isFinal).map { "\($0.rawValue)" }.joined(separator: ",")))"

    /// Returns a page of syncs, newest first, without their `cids`.
    static func page(before row: Int64?, limit: Int, _ database: Database) throws -> SyncPage {
        let rows = try Row.fetchAll(
            database, sql: "SELECT * FROM sync WHERE id < ? ORDER BY id DESC LIMIT ?",
            arguments: [row ?? .max, limit + 1])
        let items = try rows.prefix(limit).map { try sync($0, cids: []) }
        let last: Int64? = rows.count > limit ? try rows[limit - 1].decode(forColumn: "id") : nil
        return SyncPage(items: items, next: last.map { Cursor.text($0, mark: "s-") })
    }

    private static let open =
        "state IN (\(SyncState.pending.rawValue), \(SyncState.inProgress.rawValue))"

    private static func sync(_ row: Row, _ database: Database) throws -> Sync {
        let id: Int64 = try row.decode(forColumn: "id")
        let cids = try String.fetchAll(
            database, sql: "SELECT cid FROM sync_cid WHERE sync = ? ORDER BY position",
            arguments: [id])
        return try sync(row, cids: cids)
    }

    private static func sync(_ row: Row, cids: [String]) throws -> Sync {
        var progress = SyncProgress()
        progress.found = try row.decode(forColumn: "found")
        progress.copied = try row.decode(forColumn: "copied")
        progress.present = try row.decode(forColumn: "present")
        progress.failed = try row.decode(forColumn: "failed")
        progress.signatures = try row.decode(forColumn: "signatures")
        progress.signaturesRefused = try row.decode(forColumn: "signatures_refused")
        return Sync(
            id: try row.decode(forColumn: "sync_id"),
            remoteURL: try row.decode(forColumn: "remote_url"), cids: cids,
            state: SyncState(rawValue: try row.decode(forColumn: "state")) ?? .failed,
            progress: progress, error: try row.decode(forColumn: "error"),
            createdAt: try row.decode(forColumn: "created_at"),
            updatedAt: try row.decode(forColumn: "updated_at"))
    }
}
