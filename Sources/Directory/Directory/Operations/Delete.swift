internal import Events

extension Operations {
    /// Deletes a record with its labels and its publication. A record that is not stored is
    /// deleted already: that succeeds too.
    ///
    /// Emits RECORD_DELETED in both cases.
    public func delete(_ cid: String) async throws(DirectoryError) {
        try Self.check(cids: [cid])
        try await store.write { database in
            try RecordTable.delete(cid, database)
            return Change(result: (), events: [EventDraft(.recordDeleted, cid)])
        }
    }
}
