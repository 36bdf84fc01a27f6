internal import Events
internal import FoundationEssentials
internal import Logging
internal import Text

/// The syncs of a Directory: accepts them, runs some at a time, and continues them after a restart.
public actor Syncs {
    struct Running {
        let task: Task<Void, Never>
        let counter: SyncCounter
    }

    private let store: Store
    private let connector: any RemoteConnector
    private let policy: SyncPolicy
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private(set) var waiting: [Sync] = []
    private(set) var running: [ExactString: Running] = [:]
    /// The number of syncs that are being stored, before they wait.
    private var accepting = 0
    private var isStopped = false
    private var ended: [SyncState: Int] = [:]

    /// Makes the syncs of a store.
    /// - Parameter now: returns the time, microseconds since 1970.
    init(
        store: Store, connector: any RemoteConnector, policy: SyncPolicy, logger: Logger,
        now: @escaping @Sendable () -> Int64
    ) {
        self.store = store
        self.connector = connector
        self.policy = policy
        self.logger = logger
        self.now = now
    }

    /// The number of syncs that have ended in each state since the process started.
    public var outcomes: [SyncState: Int] { ended }

    /// Accepts a sync.
    ///
    /// Emits SYNC_CREATED; later SYNC_COMPLETED or SYNC_FAILED, unless it is cancelled.
    /// - Parameters:
    ///   - url: the address of the other Directory.
    ///   - cids: the records to copy; empty for all that are published there.
    /// - Returns: the id of the sync.
    /// - Throws: `DirectoryError.remote` or `.busy`. Then nothing is stored.
    public func create(_ url: String, cids: [String]) async throws(DirectoryError) -> String {
        try Operations.check(cids: cids)
        guard waiting.count < policy.waitingSyncs else {
            throw .busy("\(waiting.count) syncs are waiting already")
        }
        let remoteURL: String
        do { remoteURL = try await connector.check(url) } catch { throw .remote(error) }
        // Other syncs may have been checked at the same time.
        guard waiting.count + accepting < policy.waitingSyncs else {
            throw .busy("\(waiting.count) syncs are waiting already")
        }
        accepting += 1
        defer { accepting -= 1 }
        var seen: Set<ExactString> = []
        let time = now()
        let sync = Sync(
            id: UUID().uuidString.lowercasedASCII, remoteURL: remoteURL,
            cids: cids.filter { seen.insert(ExactString($0)).inserted }, state: .pending,
            progress: SyncProgress(), error: nil, createdAt: time, updatedAt: time)
        let id = try await store.apply(CreateSync(sync: sync)).id
        enqueue(sync)
        return id
    }

    /// Returns a sync with its progress.
    /// - Throws: `DirectoryError.syncNotFound`.
    public func status(_ id: String) async throws(DirectoryError) -> Sync {
        guard var sync = try await store.read({ try SyncTable.sync(id, $0) }) else {
            throw .syncNotFound(id)
        }
        if !sync.state.isFinal, let run = running[ExactString(id)] {
            sync.progress = run.counter.progress
        }
        return sync
    }

    /// Returns a page of at most `limit` syncs, newest first, without their `cids`.
    /// - Parameter cursor: `next` of the previous page; nil for the first.
    /// - Throws: `DirectoryError.invalid` when the cursor is not one of this listing.
    public func list(limit: Int, after cursor: String?) async throws(DirectoryError) -> SyncPage {
        var row: Int64?
        if let cursor {
            row = Cursor.row(cursor, mark: "s-")
            guard row != nil else { throw .invalid("after is not a cursor of this listing") }
        }
        let before = row
        let page = try await store.read { try SyncTable.page(before: before, limit: limit, $0) }
        let items = page.items.map { sync in
            var sync = sync
            if !sync.state.isFinal, let run = running[ExactString(sync.id)] {
                sync.progress = run.counter.progress
            }
            return sync
        }
        return SyncPage(items: items, next: page.next)
    }

    /// Cancels a sync that has not ended. The copied records are kept. Cancelling again succeeds.
    /// - Throws: `DirectoryError.syncNotFound` or `.syncEnded`.
    public func cancel(_ id: String) async throws(DirectoryError) {
        let cancel = CancelSync(
            id: id, progress: running[ExactString(id)]?.counter.progress, time: now())
        guard try await store.apply(cancel) else { return }
        waiting.removeAll { $0.id.hasBytes(of: id) }
        running[ExactString(id)]?.task.cancel()
        ended[.deleted, default: 0] += 1
        logger.info("sync cancelled", metadata: ["sync": "\(id)"])
    }

    /// Continues the syncs of earlier runs of the program, and deletes those that ended long ago.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public func resume() async throws(DirectoryError) {
        try await removeOld()
        for unfinished in try await store.read({ try SyncTable.unfinished($0) }) {
            let sync = unfinished.sync
            guard unfinished.starts < policy.crashLimit else {
                await end(
                    sync, sync.progress,
                    reason:
                        "the gateway ended during this sync \(unfinished.starts) times in a row: the sync is stopped"
                )
                continue
            }
            logger.info(
                "sync continues after a restart",
                metadata: ["sync": "\(sync.id)", "remote": "\(sync.remoteURL)"])
            enqueue(sync)
        }
    }

    private func removeOld() async throws(DirectoryError) {
        let oldest = now() - Int64(policy.keep / .microseconds(1))
        var removed = try await store.read { try SyncTable.countEnded(before: oldest, $0) }
        while removed > 0 {
            removed = try await store.apply(DeleteEndedSyncs(oldest: oldest))
        }
    }

    /// Interrupts the running syncs. `resume` in the next run of the program continues them.
    public func interrupt() {
        isStopped = true
        waiting = []
        for run in running.values { run.task.cancel() }
    }

    /// Whether there is a running sync.
    public var hasRunningSyncs: Bool { !running.isEmpty }

    private func enqueue(_ sync: Sync) {
        guard running[ExactString(sync.id)] == nil, !waiting.map(\.id).contains(bytesOf: sync.id)
        else { return }
        waiting.append(sync)
        startNext()
    }

    private func startNext() {
        while !isStopped, running.count < policy.concurrentSyncs, !waiting.isEmpty {
            let sync = waiting.removeFirst()
            let counter = SyncCounter()
            let task = Task {
                await run(sync, counter)
                running[ExactString(sync.id)] = nil
                startNext()
            }
            running[ExactString(sync.id)] = Running(task: task, counter: counter)
        }
    }

    private func run(_ sync: Sync, _ counter: SyncCounter) async {
        let logger = logger(of: sync)
        logger.info("sync begins", metadata: ["remote": "\(sync.remoteURL)"])
        do {
            guard try await store.apply(StartSync(id: sync.id, time: now())) else { return }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.copy(sync, counter, logger) }
                group.addTask { [policy] in
                    try await Task.sleep(for: policy.timeLimit)
                    throw RemoteError(
                        .badAnswer,
                        "the sync takes longer than sync.time_limit: start it again to continue")
                }
                defer { group.cancelAll() }
                try await group.next()
            }
            await end(sync, counter.progress, reason: nil)
        } catch {
            // `cancel` has stored and logged the end; after `interrupt` the sync has not ended.
            guard !Task.isCancelled else { return await recordProgress(of: sync, counter) }
            await end(sync, counter.progress, reason: sync.reason(of: error))
        }
    }

    private func logger(of sync: Sync) -> Logger {
        var logger = logger
        logger[metadataKey: "sync"] = "\(sync.id)"
        return logger
    }

    /// Runs a sync, from connecting to closing the connections.
    private func copy(_ sync: Sync, _ counter: SyncCounter, _ logger: Logger) async throws {
        let retries = RetryPolicy(policy: policy, logger: logger)
        let remote = try await retries.run { [connector] () throws(RemoteError) in
            try await connector.connect(sync.remoteURL)
        }
        let run = SyncRun(
            sync: sync, remote: remote, store: store, policy: policy, retries: retries,
            counter: counter, now: now, logger: logger)
        do { try await run.run() } catch {
            await remote.close()
            throw error
        }
        await remote.close()
    }

    /// Records the progress of an interrupted sync. `cancel` has recorded that of a cancelled one.
    private func recordProgress(of sync: Sync, _ counter: SyncCounter) async {
        try? await store.apply(RecordSyncProgress(id: sync.id, progress: counter.progress))
    }

    /// Stores the end of a sync, emits its event and logs it.
    /// - Parameter reason: why it failed; nil when it is completed.
    private func end(_ sync: Sync, _ progress: SyncProgress, reason: String?) async {
        let logger = logger(of: sync)
        while !Task.isCancelled {
            do {
                let end = EndSync(sync: sync, progress: progress, reason: reason, time: now())
                if try await store.apply(end) { log(progress, reason, logger) }
                try? await removeOld()
                return
            } catch {
                // For example a full disk: the sync has ended, and subscribers must receive its event.
                logger.error(
                    "the end of a sync cannot be stored yet", metadata: ["reason": "\(error)"])
                try? await policy.pause(.seconds(5))
            }
        }
    }

    private func log(_ progress: SyncProgress, _ reason: String?, _ logger: Logger) {
        ended[reason.isNil ? .completed : .failed, default: 0] += 1
        var metadata: Logger.Metadata = [
            "copied": "\(progress.copied)", "present": "\(progress.present)",
            "failed": "\(progress.failed)", "signatures": "\(progress.signatures)",
        ]
        if let reason { metadata["reason"] = "\(reason)" }
        logger.log(
            level: reason.isNil ? .info : .warning,
            reason.isNil ? "sync completed" : "sync failed", metadata: metadata)
    }
}
