internal import FoundationEssentials
internal import GRDB
internal import Records
internal import Text

/// The tables of records and publications. Every call is inside a transaction of the caller.
enum RecordTable {
    /// Returns the row of a record; nil when it is not stored.
    static func id(of cid: String, _ database: Database) throws -> Int64? {
        // SQLite ends a text at a NUL, and would find the record of the CID before it.
        guard !cid.utf8.contains(0) else { return nil }
        return try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT id FROM record WHERE cid = ?"),
            arguments: [cid])
    }

    /// Returns the canonical JSON of a record, unchecked; empty when the row is gone.
    static func content(of id: Int64, _ database: Database) throws -> [UInt8] {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT content FROM record WHERE id = ?"),
            arguments: [id])
        guard let row else { return [] }
        let data: Data = try row.decode(atIndex: 0)
        return [UInt8](data)
    }

    /// Where a stored record came from.
    struct Origin: Sendable {
        /// The sync that copied it; nil when it was pushed.
        let syncID: String?
    }

    /// Returns the origins of those of these records that are stored.
    static func origins(of cids: [String], _ database: Database) throws
        -> [ExactString: Origin]
    {
        let statement = try database.cachedStatement(
            sql: """
                SELECT sync_id FROM record
                LEFT JOIN record_origin ON record_id = record.id WHERE cid = ?
                """)
        var origins: [ExactString: Origin] = [:]
        for cid in cids where !cid.utf8.contains(0) {
            guard let row = try Row.fetchOne(statement, arguments: [cid]) else { continue }
            origins[ExactString(cid)] = Origin(syncID: try row.decode(forColumn: "sync_id"))
        }
        return origins
    }

    /// Returns how many stored records came from a sync.
    static func count(copiedBy syncID: String, _ database: Database) throws -> Int {
        try Int.fetchOne(
            database, sql: "SELECT count(*) FROM record_origin WHERE sync_id = ?",
            arguments: [syncID]) ?? 0
    }

    /// Stores a record.
    /// - Parameters:
    ///   - time: microseconds since 1970.
    ///   - syncID: the sync that copies it; nil when it is pushed.
    /// - Returns: false when it was stored already.
    static func insert(
        _ record: Record, at time: Int64, syncID: String? = nil, _ database: Database
    ) throws -> Bool {
        try database.cachedStatement(
            sql: """
                INSERT INTO record
                    (cid, name, version, schema_version, created_at, pushed_at, size, content)
                VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?, ?, ?)
                ON CONFLICT (cid) DO NOTHING
                """
        ).execute(arguments: [
            record.cid, ExactText(record.name), ExactText(record.version), record.schemaVersion,
            record.createdAt, time, record.canonical.count, Data(record.canonical),
        ])
        guard database.changesCount > 0 else { return false }
        let id = database.lastInsertedRowID
        if let syncID {
            try database.cachedStatement(
                sql: "INSERT INTO record_origin (record_id, sync_id) VALUES (?, ?)"
            ).execute(arguments: [id, syncID])
        }
        try LabelTable.insert(record.labels, of: id, database)
        return true
    }

    /// Deletes a record with its labels and publication.
    static func delete(_ cid: String, _ database: Database) throws {
        guard let id = try id(of: cid, database) else { return }
        try LabelTable.delete(of: id, database)
        try SearchTable.delete(id, database)
        try database.execute(sql: "DELETE FROM record WHERE id = ?", arguments: [id])
    }

    /// Marks a record as published; changes nothing when it is already.
    /// - Parameter time: microseconds since 1970.
    static func publish(_ id: Int64, at time: Int64, _ database: Database) throws {
        try database.cachedStatement(
            sql:
                "INSERT INTO publication (record_id, published_at) VALUES (?, ?) ON CONFLICT DO NOTHING"
        ).execute(arguments: [id, time])
    }

    /// Marks a record as not published.
    static func unpublish(_ id: Int64, _ database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM publication WHERE record_id = ?")
            .execute(arguments: [id])
    }

    /// Returns the rows of these records, in the given order, each once.
    /// - Throws: `DirectoryError.notFound` with all CIDs that are not stored.
    static func ids(of cids: [String], _ database: Database) throws -> [(cid: String, id: Int64)] {
        var seen: Set<ExactString> = []
        let rows = try cids.filter { seen.insert(ExactString($0)).inserted }.map {
            (cid: $0, id: try id(of: $0, database))
        }
        let missing = rows.filter { $0.id == nil }.map(\.cid)
        guard missing.isEmpty else { throw DirectoryError.notFound(missing) }
        return rows.compactMap { row in row.id.map { (row.cid, $0) } }
    }
}
