internal import Events
internal import GRDB
internal import Records
internal import Text

extension Operations {
    /// Attaches a referrer to its record, as it was sent. Attaching it again succeeds.
    ///
    /// A signature and a public key are what `attach(_:algorithm:publicKey:to:)` stores, too: they are
    /// verified when verification is asked for. Emits RECORD_SIGNED for a signature, without `signer`
    /// when no stored key of the record has made it; PUBLIC_KEY_UPLOADED for a key that is new for the
    /// record.
    /// - Throws: `DirectoryError.notFound`, or `.invalid` when the record has too many.
    public func attach(_ referrer: Referrer) async throws(DirectoryError) {
        let cid = referrer.recordCID
        try Self.check(cids: [cid])
        if referrer.type.hasBytes(of: Referrer.signatureType) {
            let signature = referrer.data?["signature"]?.string ?? ""
            let keys = try await keys(of: cid)
            let signer = await Self.signer(signature, of: cid, among: keys)
            try await store(referrer, signature, by: signer)
        } else if referrer.type.hasBytes(of: Referrer.keyType),
            let key = await Self.key(referrer.data?["key"]?.string ?? "")
        {
            try await store(referrer, key)
        } else {
            let time = now()
            try await store.write { database in
                let id = try Self.row(cid, database)
                try ReferrerTable.insert(referrer, of: id, at: time, database)
                return Applied(result: (), events: [])
            }
        }
    }

    /// Returns the CIDs of the referrers of a record, oldest first. Emits nothing.
    /// - Parameters:
    ///   - type: nil for all types.
    ///   - referrer: nil for all referrers.
    /// - Throws: `DirectoryError.notFound`.
    public func referrers(
        of cid: String, type: String? = nil, cid referrer: String? = nil
    ) async throws(DirectoryError) -> [String] {
        try Self.check(cids: [cid])
        return try await store.read(of: cid) { database in
            try ReferrerTable.cids(
                of: try Self.row(cid, database), type: type, cid: referrer, database)
        }
    }

    /// Returns a referrer of a record; nil when it is gone. Emits nothing.
    /// - Throws: `DirectoryError.notFound` when the record is gone.
    public func referrer(_ referrer: String, of cid: String) async throws(DirectoryError)
        -> Referrer?
    {
        let content = try await store.read(of: cid) { database in
            try ReferrerTable.content(referrer, of: try Self.row(cid, database), database)
        }
        guard let content else { return nil }
        return try await Self.parseReferrer(content, cid)
    }

    /// Deletes referrers of a record, with the keys and signatures that they are.
    /// - Returns: the CIDs of those that were deleted.
    /// - Throws: `DirectoryError.notFound` when the record is not stored.
    public func removeReferrers(
        of cid: String, type: String? = nil, cid referrer: String? = nil
    ) async throws(DirectoryError) -> [String] {
        try Self.check(cids: [cid])
        return try await store.write { database in
            let id = try Self.row(cid, database)
            let found = try ReferrerTable.cids(of: id, type: type, cid: referrer, database)
            for referrer in found { try Self.remove(referrer, of: id, database) }
            return Applied(result: found, events: [])
        }
    }

    private static func remove(_ referrer: String, of id: Int64, _ database: Database) throws {
        let content = try ReferrerTable.content(referrer, of: id, database)
        try ReferrerTable.delete(referrer, of: id, database)
        guard let value = try content.map({ try Referrer(canonical: $0) }) else { return }
        if value.type.hasBytes(of: Referrer.signatureType) {
            try SignatureTable.remove(
                signature: value.data?["signature"]?.string ?? "", of: id, database)
        } else if value.type.hasBytes(of: Referrer.keyType),
            let key = try? PublicKey(pem: value.data?["key"]?.string ?? "")
        {
            try SignatureTable.remove(key: key, of: id, database)
        }
    }

    private static func row(_ cid: String, _ database: Database) throws -> Int64 {
        guard let id = try RecordTable.id(of: cid, database) else {
            throw DirectoryError.notFound([cid])
        }
        return id
    }

    @concurrent
    private static func parseReferrer(_ content: [UInt8], _ cid: String)
        async throws(DirectoryError) -> Referrer
    {
        do { return try Referrer(canonical: content) } catch { throw .damaged(cid: cid) }
    }

    // MARK: Signatures and keys

    private func keys(of cid: String) async throws(DirectoryError) -> [String] {
        try await store.read(of: cid) { database in
            try SignatureTable.keys(of: try Self.row(cid, database), database)
        }
    }

    /// Returns the key among these that made a signature. Away from the caller's thread.
    @concurrent
    private static func signer(_ signature: String, of cid: String, among keys: [String]) async
        -> PublicKey?
    {
        for pem in keys {
            if let key = try? PublicKey(pem: pem), (try? key.verifies(signature, of: cid)) == true {
                return key
            }
        }
        return nil
    }

    @concurrent
    private static func key(_ pem: String) async -> PublicKey? { try? PublicKey(pem: pem) }

    private func store(_ referrer: Referrer, _ signature: String, by key: PublicKey?)
        async throws(DirectoryError)
    {
        let (cid, time) = (referrer.recordCID, now())
        let algorithm = referrer.data?["algorithm"]?.string
        try await store.write { database in
            let id = try Self.row(cid, database)
            try ReferrerTable.insert(referrer, of: id, at: time, database)
            if let key {
                let attached = try SignatureTable.attach(
                    signature, by: key, to: cid, id, at: time, isReferrer: true, database)
                return Applied(result: (), events: attached.events)
            }
            let metadata = algorithm.map { [Event.Metadatum("algorithm", $0.clipped(to: 64))] }
            let event = EventDraft(
                .recordSigned, cid, labels: try LabelTable.labels(of: id, database),
                metadata: metadata ?? [])
            return Applied(result: (), events: [event])
        }
    }

    /// Stores a key, and the signatures that were sent before it and that it has made.
    private func store(_ referrer: Referrer, _ key: PublicKey) async throws(DirectoryError) {
        let (cid, time) = (referrer.recordCID, now())
        let waiting = try await store.read(of: cid) { database in
            try Self.unverified(of: try Self.row(cid, database), database)
        }
        let made = await Self.signatures(waiting, of: cid, madeBy: key)
        try await store.write { database in
            let id = try Self.row(cid, database)
            try ReferrerTable.insert(referrer, of: id, at: time, database)
            let isNew = try SignatureTable.insert(key, of: id, at: time, database)
            for signature in made {
                _ = try SignatureTable.attach(
                    signature, by: key, to: cid, id, at: time, isReferrer: true, database)
            }
            let event = EventDraft(
                .publicKeyUploaded, key.fingerprint, metadata: [.init("record_cid", cid)])
            return Applied(result: (), events: isNew ? [event] : [])
        }
    }

    /// Returns the signatures that were sent and that no stored key has made.
    private static func unverified(of id: Int64, _ database: Database) throws -> [String] {
        let known = try SignatureTable.texts(of: id, database)
        return try ReferrerTable.cids(
            of: id, type: Referrer.signatureType, cid: nil, database
        ).compactMap { cid in
            guard let content = try ReferrerTable.content(cid, of: id, database),
                let referrer = try? Referrer(canonical: content),
                let signature = referrer.data?["signature"]?.string,
                !known.contains(bytesOf: signature)
            else { return nil }
            return signature
        }
    }

    @concurrent
    private static func signatures(_ list: [String], of cid: String, madeBy key: PublicKey) async
        -> [String]
    {
        list.filter { (try? key.verifies($0, of: cid)) == true }
    }
}
