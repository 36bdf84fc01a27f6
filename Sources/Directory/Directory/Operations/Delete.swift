internal import Events

extension Operations {
    /// Deletes a record with its labels and its publication. Succeeds also
    /// when the record is not stored.
    ///
    /// Emits RECORD_DELETED in both cases.
    /// - Throws: `DirectoryError.invalid` when `cid` is not a CID.
    public func delete(_ cid: String) async throws(DirectoryError) {
        try Self.check(cids: [cid])
        try await store.write { database in
            try RecordTable.delete(cid, database)
            return Change(result: (), events: [EventDraft(.recordDeleted, cid)])
        }
    }
}
