internal import GRDB

/// What the syncs need of their tables. Every call is inside a transaction of the caller's.
enum SyncTable {
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

    /// Takes a sync to another state, unless it has ended.
    /// - Returns: whether it had not.
    static func change(
        _ id: String, to state: SyncState, progress: SyncProgress? = nil, error: String? = nil,
        at time: Int64, _ database: Database
    ) throws -> Bool {
        try database.execute(
            sql:
                "UPDATE sync SET state = ?, error = ?, updated_at = ? WHERE sync_id = ? AND \(open)",
            arguments: [state.rawValue, error, time, id])
        guard database.changesCount > 0 else { return false }
        if let progress { try note(progress, of: id, database) }
        return true
    }

    /// Whether a sync has not ended.
    static func isOpen(_ id: String, _ database: Database) throws -> Bool {
        try Bool.fetchOne(
            database.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM sync WHERE sync_id = ? AND \(open))"),
            arguments: [id]) ?? false
    }

    /// Remembers how far a sync has come.
    static func note(_ progress: SyncProgress, of id: String, _ database: Database) throws {
        try database.execute(
            sql: """
                UPDATE sync SET found = ?, copied = ?, present = ?, failed = ?, signatures = ?,
                    signatures_refused = ? WHERE sync_id = ?
                """,
            arguments: [
                progress.found, progress.copied, progress.present, progress.failed,
                progress.signatures, progress.signaturesRefused, id,
            ])
    }

    /// - Returns: nil when there is no such sync.
    static func sync(_ id: String, _ database: Database) throws -> Sync? {
        guard !id.utf8.contains(0) else { return nil }
        let row = try Row.fetchOne(
            database, sql: "SELECT * FROM sync WHERE sync_id = ?", arguments: [id])
        return try row.map { try sync($0, database) }
    }

    /// The syncs that have not ended, oldest first.
    static func unfinished(_ database: Database) throws -> [Sync] {
        try Row.fetchAll(database, sql: "SELECT * FROM sync WHERE \(open) ORDER BY id")
            .map { try sync($0, database) }
    }

    /// A page of syncs, newest first, without the cids that were asked for.
    static func page(before row: Int64?, limit: Int, _ database: Database) throws -> SyncPage {
        let rows = try Row.fetchAll(
            database, sql: "SELECT * FROM sync WHERE id < ? ORDER BY id DESC LIMIT ?",
            arguments: [row ?? .max, limit + 1])
        let items = rows.prefix(limit).map { sync($0, cids: []) }
        let last: Int64? = rows.count > limit ? rows[limit - 1]["id"] : nil
        return SyncPage(items: items, next: last.map { Cursor.text($0, mark: "s-") })
    }

    private static let open =
        "state IN (\(SyncState.pending.rawValue), \(SyncState.inProgress.rawValue))"

    private static func sync(_ row: Row, _ database: Database) throws -> Sync {
        let id: Int64 = row["id"]
        let cids = try String.fetchAll(
            database, sql: "SELECT cid FROM sync_cid WHERE sync = ? ORDER BY position",
            arguments: [id])
        return sync(row, cids: cids)
    }

    private static func sync(_ row: Row, cids: [String]) -> Sync {
        var progress = SyncProgress()
        progress.found = row["found"]
        progress.copied = row["copied"]
        progress.present = row["present"]
        progress.failed = row["failed"]
        progress.signatures = row["signatures"]
        progress.signaturesRefused = row["signatures_refused"]
        return Sync(
            id: row["sync_id"], remoteURL: row["remote_url"], cids: cids,
            state: SyncState(rawValue: row["state"]) ?? .failed, progress: progress,
            error: row["error"], createdAt: row["created_at"], updatedAt: row["updated_at"])
    }
}
