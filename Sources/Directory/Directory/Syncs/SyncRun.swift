internal import GRDB
internal import Logging
internal import Synchronization
internal import Text

/// What a sync has done so far, for those who ask while it runs.
final class SyncCounter: Sendable {
    private let state: Mutex<SyncProgress>

    init(_ progress: SyncProgress = SyncProgress()) { state = Mutex(progress) }

    var progress: SyncProgress { state.withLock { $0 } }

    func change(_ change: (inout SyncProgress) -> Void) { state.withLock { change(&$0) } }
}

/// One run of a sync: finds out what the remote has, and copies what is not here. Running again goes
/// on where it ended: what is here is not fetched again.
struct SyncRun: Sendable {
    let sync: Sync
    let remote: any RemoteDirectory
    let store: Store
    let policy: SyncPolicy
    let patience: Patience
    let counter: SyncCounter
    let now: @Sendable () -> Int64
    let logger: Logger

    /// A remote's listing is its own affair, but not without end.
    private static let pageLimit = 100_000
    private static let pageSize = 1000
    private static let cursorBytes = 1024
    private static let reportInterval: Duration = .seconds(10)
    /// So many records in a row that cannot be had now: the remote is gone, not the records.
    private static let unavailableLimit = 5

    /// What the run has come to so far.
    private struct Tally {
        var faults = SyncFaults()
        var unavailableInARow = 0
        let deadline: ContinuousClock.Instant
        /// When the log is to hear how far it is.
        var nextReport: ContinuousClock.Instant
    }

    /// - Throws: `SyncFaults` when some records could not be copied, `RemoteError` or
    ///   `DirectoryError` when none of the others could, `CancellationError`.
    @concurrent
    func run() async throws {
        // What an earlier run of this sync has brought counts too.
        let id = sync.id
        let copied = try await store.read { try RecordTable.count(broughtBy: id, $0) }
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
            let page = try await patience.ask { () throws(RemoteError) in
                try await remote.published(after: here)
            }
            guard page.items.count <= Self.pageSize else {
                throw RemoteError(.badAnswer, "its listing has more records in a page than asked")
            }
            if let next = page.next {
                guard next.utf8.count <= Self.cursorBytes else {
                    throw RemoteError(.badAnswer, "its listing has a cursor that is none")
                }
                guard !page.items.isEmpty, seen.insert(ExactString(next)).inserted else {
                    throw RemoteError(.badAnswer, "its listing of records goes round in circles")
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
        let ours = items.count {
            known[ExactString($0.cid)]?.syncID?.hasBytes(of: sync.id) ?? false
        }
        counter.change { $0.found.add(items.count - ours) }
        try await withThrowingTaskGroup(of: SyncFaults.Fault?.self) { group in
            for (index, item) in items.enumerated() {
                if index >= policy.concurrentPulls { try note(try await group.next(), &tally) }
                let copy = RecordCopy(run: self, item: item, origin: known[ExactString(item.cid)])
                group.addTask { try await copy.make() }
            }
            while let result = try await group.next() { try note(result, &tally) }
        }
        guard ContinuousClock.now >= tally.nextReport else { return }
        tally.nextReport = .now + Self.reportInterval
        let progress = counter.progress
        logger.info(
            "sync goes on",
            metadata: [
                "found": "\(progress.found)", "copied": "\(progress.copied)",
                "present": "\(progress.present)", "failed": "\(progress.failed)",
            ])
    }

    private func note(_ result: SyncFaults.Fault??, _ tally: inout Tally) throws {
        guard ContinuousClock.now < tally.deadline else {
            throw RemoteError(
                .badAnswer, "the sync takes longer than sync.time_limit: start it again to go on")
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
        // The faults say enough by now.
        if tally.faults.count >= policy.failureLimit { throw tally.faults.givenUp }
    }
}
