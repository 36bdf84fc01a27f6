internal import Dispatch
internal import GRDB
internal import Synchronization

/// The index of words, which follows the records in the background.
extension CommitQueue {
    /// How long a step waits: not at all beside nothing else, longer while changes are made.
    private static let idlePause = 0.005
    private static let busyPause = 0.25
    /// The pause after a step that has failed: the disk may be full.
    private static let failurePause = 10.0

    /// Goes on with the index later, after records may have been stored. One timer, however many.
    func scheduleIndexing() { scheduleIndexing(after: Self.busyPause) }

    private func scheduleIndexing(after pause: Double) {
        let mustSchedule = state.withLock { state in
            defer { state.isIndexingDue = true }
            return !state.isIndexingDue && !state.isFinished && state.damage == nil
        }
        guard mustSchedule else { return }
        queue.asyncAfter(deadline: .now() + pause) { [weak self] in self?.index() }
    }

    private func index() {
        let (isFinished, hasChanges) = state.withLock { state in
            state.isIndexingDue = false
            return (state.isFinished, state.isRunning)
        }
        guard !isFinished else { return }
        do {
            guard try indexNext() else { return }
            scheduleIndexing(after: hasChanges ? Self.busyPause : Self.idlePause)
        } catch {
            scheduleIndexing(after: Self.failurePause)
        }
    }

    /// Adds the next records to the index, if there are any; on the queue. A step takes some 10 ms.
    /// - Returns: whether there may be more.
    private func indexNext() throws -> Bool {
        let entries = try pool.writeWithoutTransaction { try SearchTable.next($0) }
        guard !entries.isEmpty else { return false }
        try transact(isDurable: false) { try SearchTable.add(entries, $0) }
        checkpoints.recordCommit()
        checkpoints.schedule()
        return true
    }

    /// Adds all records to the index now. Blocks.
    func indexNow() throws {
        try queue.sync { while try indexNext() {} }
    }
}
