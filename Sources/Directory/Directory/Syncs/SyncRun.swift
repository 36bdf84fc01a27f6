internal import GRDB
internal import Logging
internal import Synchronization
internal import Text

/// The progress of a running sync. Safe to use from any thread.
final class SyncCounter: Sendable {
    private let state: Mutex<SyncProgress>

    init(_ progress: SyncProgress = SyncProgress()) { state = Mutex(progress) }

    /// The progress so far.
    var progress: SyncProgress { state.withLock { $0 } }

    /// Changes the progress.
    func change(_ change: (inout SyncProgress) -> Void) { state.withLock { change(&$0) } }
}

/// One run of a sync: lists the records of the remote, and copies those that are not stored. A second
/// run continues: a stored record is not fetched again.
struct SyncRun: Sendable {
    let sync: Sync
    let remote: any RemoteDirectory
    let store: Store
    let policy: SyncPolicy
    let retries: RetryPolicy
    let counter: SyncCounter
    let now: @Sendable () -> Int64
    let logger: Logger

    /// The most pages of a remote listing: it must end.
    private static let pageLimit = 100_000
    private static let pageSize = 1000
    private static let cursorBytes = 1024
    private static let reportInterval: Duration = .seconds(10)
    /// The number of records in a row that are unavailable after which the remote counts as
    /// unavailable.
    private static let unavailableLimit = 5

    /// The results of the run so far.
    private struct Tally {
        var faults = SyncFaults()
        var unavailableInARow = 0
        let deadline: ContinuousClock.Instant
        /// When to log the progress.
        var nextReport: ContinuousClock.Instant
    }

    /// Copies the records.
    /// - Throws: `SyncFaults` when some records could not be copied, `RemoteError` or
    ///   `DirectoryError` when the run had to stop, `CancellationError`.
    @concurrent
    func run() async throws {
        // The records that an earlier run of this sync copied count too.
        let id = sync.id
        let copied = try await store.read { try RecordTable.count(copiedBy: id, $0) }
        counter.change {
            $0.copied = copied
            $0.found = copied
            $0.signatures = sync.progress.signatures
        }
        var tally = Tally(
            deadline: .now + policy.timeLimit, nextReport: .now + Self.reportInterval)
        if sync.cids.isEmpty {
            try await copyPublished(&tally)
        } else {
            let items = sync.cids.map { RemotePage.Item(cid: $0, signatures: nil) }
            for start in stride(from: 0, to: items.count, by: Self.pageSize) {
                try await copy(items[start...].prefix(Self.pageSize), &tally)
            }
        }
        guard tally.faults.count == 0 else { throw tally.faults }
    }

    private func copyPublished(_ tally: inout Tally) async throws {
        var cursor: String?
        var seen: Set<ExactString> = []
        repeat {
            let here = cursor
            let page = try await retries.run { () throws(RemoteError) in
                try await remote.published(after: here)
            }
            guard page.items.count <= Self.pageSize else {
                throw RemoteError(
                    .badAnswer, "its listing has more records in a page than requested")
            }
            if let next = page.next {
                guard next.utf8.count <= Self.cursorBytes else {
                    throw RemoteError(.badAnswer, "its listing has an invalid cursor")
                }
                guard !page.items.isEmpty, seen.insert(ExactString(next)).inserted else {
                    throw RemoteError(.badAnswer, "its listing of records repeats a page")
                }
                guard seen.count < Self.pageLimit else {
                    throw RemoteError(.badAnswer, "its listing of records does not end")
                }
            }
            try await copy(page.items[...], &tally)
            cursor = page.next
        } while cursor != nil
    }

    /// Copies some records, a few at a time.
    private func copy(_ items: ArraySlice<RemotePage.Item>, _ tally: inout Tally) async throws {
        var named: Set<ExactString> = []
        let items = items.filter { named.insert(ExactString($0.cid)).inserted }
        let cids = items.map(\.cid)
        let known = try await store.read { try RecordTable.origins(of: cids, $0) }
        let copied = items.count {
            known[ExactString($0.cid)]?.syncID?.hasBytes(of: sync.id) ?? false
        }
        counter.change { $0.found.add(items.count - copied) }
        try await withThrowingTaskGroup(of: SyncFaults.Fault?.self) { group in
            for (index, item) in items.enumerated() {
                if index >= policy.concurrentPulls { try record(try await group.next(), &tally) }
                let copy = RecordCopy(run: self, item: item, origin: known[ExactString(item.cid)])
                group.addTask { try await copy.make() }
            }
            while let result = try await group.next() { try record(result, &tally) }
        }
        guard ContinuousClock.now >= tally.nextReport else { return }
        tally.nextReport = .now + Self.reportInterval
        let progress = counter.progress
        logger.info(
            "sync in progress",
            metadata: [
                "found": "\(progress.found)", "copied": "\(progress.copied)",
                "present": "\(progress.present)", "failed": "\(progress.failed)",
            ])
    }

    /// Counts the result of one record.
    /// - Throws: when the sync must stop.
    private func record(_ result: SyncFaults.Fault??, _ tally: inout Tally) throws {
        guard ContinuousClock.now < tally.deadline else {
            throw RemoteError(
                .badAnswer, "the sync takes longer than sync.time_limit: start it again to continue"
            )
        }
        guard let fault = result ?? nil else {
            tally.unavailableInARow = 0
            return
        }
        tally.faults.add(fault)
        counter.change { $0.failed += 1 }
        logger.debug("sync: a record was not copied", metadata: ["reason": "\(fault.text)"])
        tally.unavailableInARow = fault.error.isTransient ? tally.unavailableInARow + 1 : 0
        if tally.unavailableInARow >= Self.unavailableLimit { throw fault.error }
        // The listed records show the cause.
        if tally.faults.count >= policy.failureLimit { throw tally.faults.stopped }
    }
}
