internal import Events
internal import GRDB
internal import Records

/// A stored signature of a record, with the key that made it.
public struct StoredSignature: Sendable, Equatable {
    /// The CID of the record.
    public let cid: String
    /// Base64.
    public let signature: String
    /// The algorithm of the key, such as `ECDSA-P-256`.
    public let algorithm: String
    /// The fingerprint of the key.
    public let signer: String
    /// The key, PEM.
    public let publicKey: String
    /// When it was stored, microseconds since 1970.
    public let signedAt: Int64

    package init(
        cid: String, signature: String, algorithm: String, signer: String, publicKey: String,
        signedAt: Int64
    ) {
        self.cid = cid
        self.signature = signature
        self.algorithm = algorithm
        self.signer = signer
        self.publicKey = publicKey
        self.signedAt = signedAt
    }
}

/// The tables of keys and signatures. Every call is inside a transaction of the caller.
enum SignatureTable {
    /// The result of storing a signature.
    struct Attached {
        /// False when it was stored already.
        let isNew: Bool
        let signedAt: Int64
        /// PUBLIC_KEY_UPLOADED if the key is new for the record, then RECORD_SIGNED.
        let events: [EventDraft]
    }

    /// The most signatures of one record.
    static let limit = 1000

    /// Stores a verified signature with its key.
    /// - Parameters:
    ///   - id: the row of the record.
    ///   - time: microseconds since 1970.
    ///   - isReferrer: whether it was sent as a referrer, which the caller stores. If not, one is
    ///     made of it.
    /// - Throws: `DirectoryError.key` when the record has `limit` signatures.
    static func attach(
        _ signature: String, by key: PublicKey, to cid: String, _ id: Int64, at time: Int64,
        isReferrer: Bool = false, _ database: Database
    ) throws -> Attached {
        var events: [EventDraft] = []
        let count = try Int.fetchOne(
            database.cachedStatement(
                sql: "SELECT count(*) FROM signature WHERE record_id = ? AND signature <> ?"),
            arguments: [id, signature])
        guard count ?? 0 < limit else {
            throw DirectoryError.key(
                .invalid(
                    part: "signature",
                    reason: "exceeds the limit of \(limit) signatures for a record"))
        }
        if try insert(key, of: id, at: time, database) {
            if !isReferrer {
                try ReferrerTable.insert(.key(key.pem, of: cid), of: id, at: time, database)
            }
            events.append(
                EventDraft(
                    .publicKeyUploaded, key.fingerprint, metadata: [.init("record_cid", cid)]))
        }
        try database.execute(
            sql: """
                INSERT INTO signature (record_id, fingerprint, algorithm, signature, signed_at)
                VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """, arguments: [id, key.fingerprint, key.algorithm, signature, time])
        let isNew = database.changesCount > 0
        if isNew, !isReferrer {
            let referrer = Referrer.signature(
                signature, algorithm: key.algorithm, at: time, of: cid)
            try ReferrerTable.insert(referrer, of: id, at: time, database)
        }
        let signedAt = try Int64.fetchOne(
            database,
            sql: """
                SELECT signed_at FROM signature
                WHERE record_id = ? AND fingerprint = ? AND signature = ?
                """, arguments: [id, key.fingerprint, signature])
        events.append(
            EventDraft(
                .recordSigned, cid, labels: try LabelTable.labels(of: id, database),
                metadata: [
                    .init("algorithm", key.algorithm), .init("signer", key.fingerprint),
                ]))
        return Attached(isNew: isNew, signedAt: signedAt ?? time, events: events)
    }

    /// The most keys of one record.
    private static let keyLimit = 100

    /// Stores a key of a record.
    /// - Returns: false when it was stored already.
    /// - Throws: `DirectoryError.key` when the record has `keyLimit` keys.
    static func insert(_ key: PublicKey, of id: Int64, at time: Int64, _ database: Database) throws
        -> Bool
    {
        let count = try Int.fetchOne(
            database.cachedStatement(
                sql: "SELECT count(*) FROM public_key WHERE record_id = ? AND fingerprint <> ?"),
            arguments: [id, key.fingerprint])
        guard count ?? 0 < keyLimit else {
            throw DirectoryError.key(
                .invalid(
                    part: "public_key", reason: "exceeds the limit of \(keyLimit) keys for a record"
                ))
        }
        try database.execute(
            sql: """
                INSERT INTO public_key (record_id, fingerprint, pem, uploaded_at)
                VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
                """, arguments: [id, key.fingerprint, key.pem, time])
        return database.changesCount > 0
    }

    /// Returns the keys of a record, PEM.
    static func keys(of id: Int64, _ database: Database) throws -> [String] {
        try String.fetchAll(
            database, sql: "SELECT pem FROM public_key WHERE record_id = ? ORDER BY uploaded_at",
            arguments: [id])
    }

    /// Returns the texts of the signatures of a record.
    static func texts(of id: Int64, _ database: Database) throws -> [String] {
        try String.fetchAll(
            database, sql: "SELECT signature FROM signature WHERE record_id = ?", arguments: [id])
    }

    /// Deletes a signature of a record.
    static func remove(signature: String, of id: Int64, _ database: Database) throws {
        guard !signature.utf8.contains(0) else { return }
        try database.execute(
            sql: "DELETE FROM signature WHERE record_id = ? AND signature = ?",
            arguments: [id, signature])
    }

    /// Deletes a key of a record, with the signatures that it has made.
    static func remove(key: PublicKey, of id: Int64, _ database: Database) throws {
        try database.execute(
            sql: "DELETE FROM public_key WHERE record_id = ? AND fingerprint = ?",
            arguments: [id, key.fingerprint])
    }

    /// Returns the signatures of a record, oldest first.
    /// - Throws: `DirectoryError.notFound`.
    static func signatures(of cid: String, _ database: Database) throws -> [StoredSignature] {
        guard let id = try RecordTable.id(of: cid, database) else {
            throw DirectoryError.notFound([cid])
        }
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT signature, algorithm, signed_at, public_key.fingerprint, pem
                FROM signature JOIN public_key USING (record_id, fingerprint)
                WHERE record_id = ? ORDER BY signature.id
                """, arguments: [id])
        return try rows.map { row in
            StoredSignature(
                cid: cid, signature: try row.decode(forColumn: "signature"),
                algorithm: try row.decode(forColumn: "algorithm"),
                signer: try row.decode(forColumn: "fingerprint"),
                publicKey: try row.decode(forColumn: "pem"),
                signedAt: try row.decode(forColumn: "signed_at"))
        }
    }
}
