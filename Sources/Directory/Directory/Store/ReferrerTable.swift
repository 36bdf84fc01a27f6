internal import FoundationEssentials
internal import GRDB
internal import Records
internal import Text

/// The table of what is attached to records. Every call is inside a transaction of the caller.
enum ReferrerTable {
    /// The most referrers of one record, and the most bytes that they have together.
    private static let countLimit = 2000
    private static let byteLimit = 64 << 20

    /// Stores a referrer; changes nothing when it is stored already.
    /// - Parameters:
    ///   - record: the row of the record.
    ///   - time: microseconds since 1970.
    /// - Throws: `DirectoryError.invalid` when the record has too many.
    static func insert(_ referrer: Referrer, of record: Int64, at time: Int64, _ database: Database)
        throws
    {
        let content = referrer.canonical
        let held = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT count(*), total(size) FROM referrer WHERE record_id = ? AND cid <> ?"),
            arguments: [record, referrer.cid])
        var (count, bytes) = (0, 0.0)
        if let held {
            count = try held.decode(atIndex: 0)
            bytes = try held.decode(atIndex: 1)
        }
        guard count < countLimit, Int(bytes) + content.count <= byteLimit else {
            throw DirectoryError.invalid(
                "a record has \(countLimit) referrers and \(byteLimit >> 20) MiB of them at most")
        }
        try database.cachedStatement(
            sql: """
                INSERT INTO referrer (record_id, cid, type, size, content, attached_at)
                VALUES (?, ?, CAST(? AS TEXT), ?, ?, ?) ON CONFLICT DO NOTHING
                """
        ).execute(arguments: [
            record, referrer.cid, ExactText(referrer.type), content.count, Data(content), time,
        ])
    }

    /// Returns the CIDs of the referrers of a record, oldest first.
    /// - Parameters:
    ///   - type: nil for all types.
    ///   - cid: nil for all referrers.
    static func cids(of record: Int64, type: String?, cid: String?, _ database: Database) throws
        -> [String]
    {
        var (sql, arguments): (String, StatementArguments) = ("record_id = ?", [record])
        if let type {
            sql += " AND type = CAST(? AS TEXT)"
            arguments += [ExactText(type)]
        }
        if let cid {
            guard !cid.utf8.contains(0) else { return [] }
            sql += " AND cid = ?"
            arguments += [cid]
        }
        return try String.fetchAll(
            database, sql: "SELECT cid FROM referrer WHERE \(sql) ORDER BY id",
            arguments: arguments)
    }

    /// Returns a referrer of a record as its canonical JSON; nil when it is gone.
    static func content(_ cid: String, of record: Int64, _ database: Database) throws -> [UInt8]? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT content FROM referrer WHERE record_id = ? AND cid = ?"),
            arguments: [record, cid])
        guard let row else { return nil }
        let data: Data = try row.decode(atIndex: 0)
        return [UInt8](data)
    }

    /// Deletes a referrer of a record.
    static func delete(_ cid: String, of record: Int64, _ database: Database) throws {
        try database.execute(
            sql: "DELETE FROM referrer WHERE record_id = ? AND cid = ?", arguments: [record, cid])
    }

    /// Adds referrers for the keys and signatures of a store that had none; part of the migration.
    static func addExisting(_ database: Database) throws {
        let keys = try Row.fetchCursor(
            database,
            sql: """
                SELECT record_id, record.cid AS cid, pem, uploaded_at FROM public_key
                JOIN record ON record.id = record_id
                """)
        while let row = try keys.next() {
            let (cid, pem): (String, String) = (
                try row.decode(forColumn: "cid"), try row.decode(forColumn: "pem")
            )
            try insert(
                .key(pem, of: cid), of: try row.decode(forColumn: "record_id"),
                at: try row.decode(forColumn: "uploaded_at"), database)
        }
        let signatures = try Row.fetchCursor(
            database,
            sql: """
                SELECT record_id, record.cid AS cid, algorithm, signature, signed_at FROM signature
                JOIN record ON record.id = record_id ORDER BY signature.id
                """)
        while let row = try signatures.next() {
            let time: Int64 = try row.decode(forColumn: "signed_at")
            let referrer = Referrer.signature(
                try row.decode(forColumn: "signature"),
                algorithm: try row.decode(forColumn: "algorithm"), at: time,
                of: try row.decode(forColumn: "cid"))
            try insert(
                referrer, of: try row.decode(forColumn: "record_id"), at: time, database)
        }
    }
}
