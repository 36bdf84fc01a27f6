internal import Events
internal import GRDB

extension Operations {
    /// Deletes a record with its labels and its publication. Succeeds also
    /// when the record is not stored.
    ///
    /// Emits RECORD_DELETED in both cases.
    /// - Throws: `DirectoryError.invalid` when `cid` is not a CID.
    public func delete(_ cid: String) async throws(DirectoryError) {
        try Self.check(cids: [cid])
        try await store.apply(DeleteRecord(cid: cid))
    }
}

/// Deletes a record, if it is stored.
struct DeleteRecord: Change {
    let cid: String

    func apply(to database: Database) throws -> Applied<Void> {
        try RecordTable.delete(cid, database)
        return Applied(result: (), events: [EventDraft(.recordDeleted, cid)])
    }
}
