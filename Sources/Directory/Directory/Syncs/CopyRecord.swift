internal import Events
internal import GRDB
internal import Records

/// Stores what a sync has copied: a record, and signatures of it.
struct CopyRecord: Change {
    let syncID: String
    let cid: String
    /// nil when the record was stored already.
    let record: Record?
    /// Verified signatures, with the keys that made them.
    let signatures: [Signature]
    /// Microseconds since 1970.
    let time: Int64

    /// A signature of the record.
    struct Signature: Sendable {
        /// Base64.
        let text: String
        let key: PublicKey
    }

    /// What was stored.
    struct Stored: Sendable {
        /// Whether the record is new.
        var isNew = false
        /// The number of new signatures.
        var signatures = 0
    }

    /// - Returns: nil when the sync has ended: then nothing is stored.
    func apply(to database: Database) throws -> Applied<Stored?> {
        guard try SyncTable.isOpen(syncID, database) else {
            return Applied(result: nil, events: [])
        }
        var stored = Stored()
        var events: [EventDraft] = []
        if let record {
            stored.isNew = try RecordTable.insert(record, at: time, syncID: syncID, database)
            events.append(
                EventDraft(
                    .recordPushed, cid, labels: record.labels, metadata: [.init("sync_id", syncID)])
            )
        }
        // A client may have deleted the record since: then there is nothing to sign.
        guard let id = try RecordTable.id(of: cid, database) else {
            return Applied(result: Stored(), events: [])
        }
        for signature in signatures {
            let attached: SignatureTable.Attached
            do {
                attached = try SignatureTable.attach(
                    signature.text, by: signature.key, to: cid, id, at: time, database)
            } catch DirectoryError.key {
                // The record has the most signatures that are allowed.
                break
            }
            guard attached.isNew else { continue }
            stored.signatures += 1
            events += attached.events
        }
        return Applied(result: stored, events: events)
    }
}
