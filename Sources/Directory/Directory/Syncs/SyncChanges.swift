internal import Events
internal import GRDB
internal import Text

// The changes of syncs. Their times are microseconds since 1970.

/// Stores a new sync.
struct CreateSync: Change {
    let sync: Sync

    func apply(to database: Database) throws -> Applied<Syncs.Accepted> {
        try SyncTable.insert(sync, database)
        return Applied(
            result: Syncs.Accepted(id: sync.id), events: [sync.event(.syncCreated)])
    }
}

/// Marks a sync as started. The result is false when it has ended already.
struct StartSync: Change {
    let id: String
    let time: Int64

    func apply(to database: Database) throws -> Applied<Bool> {
        Applied(result: try SyncTable.start(id, at: time, database), events: [])
    }
}

/// Records the progress of an interrupted sync. A sync that has ended keeps the progress of its end.
struct RecordSyncProgress: Change {
    let id: String
    let progress: SyncProgress

    func apply(to database: Database) throws -> Applied<Void> {
        if try SyncTable.isOpen(id, database) {
            try SyncTable.record(progress, of: id, database)
        }
        return Applied(result: (), events: [])
    }
}

/// Ends a sync that was not cancelled. The result is false when it has ended already.
struct EndSync: Change {
    let sync: Sync
    let progress: SyncProgress
    /// Why it failed, for an operator; nil when it is completed.
    let reason: String?
    let time: Int64

    func apply(to database: Database) throws -> Applied<Bool> {
        let isChanged = try SyncTable.change(
            sync.id, to: reason.isNil ? .completed : .failed, progress: progress, error: reason,
            at: time, database)
        let event =
            if let reason {
                sync.event(.syncFailed, ("error", reason))
            } else {
                sync.event(.syncCompleted, ("record_count", String(progress.copied)))
            }
        return Applied(result: isChanged, events: isChanged ? [event] : [])
    }
}

/// Cancels a sync. After this its run stores nothing more. The result is false when it was cancelled
/// before.
struct CancelSync: Change {
    let id: String
    /// The progress of its run; nil when it does not run.
    let progress: SyncProgress?
    let time: Int64

    func apply(to database: Database) throws -> Applied<Bool> {
        // The run may have copied more since its progress was read.
        let copied = try RecordTable.count(copiedBy: id, database)
        let progress = progress.map { progress in
            var progress = progress
            (progress.copied, progress.found) = (copied, max(copied, progress.found))
            return progress
        }
        if try SyncTable.change(id, to: .deleted, progress: progress, at: time, database) {
            return Applied(result: true, events: [])
        }
        guard let sync = try SyncTable.sync(id, database) else {
            throw DirectoryError.syncNotFound(id)
        }
        guard sync.state == .deleted else { throw DirectoryError.syncEnded(id, sync.state) }
        return Applied(result: false, events: [])
    }
}

/// Deletes syncs that ended before a time, a thousand at most. The result is their number.
struct DeleteEndedSyncs: Change {
    let oldest: Int64

    func apply(to database: Database) throws -> Applied<Int> {
        Applied(result: try SyncTable.removeEnded(before: oldest, database), events: [])
    }
}
