internal import Dispatch
internal import Events
internal import GRDB
internal import Synchronization

/// Makes changes one after the other. Changes that wait at the same time share one commit, and
/// their clients share the wait for the disk.
///
/// Each change succeeds or fails alone: one that fails half-way rolls the commit back, and each is
/// then made in a commit of its own. That is rare, and costs those that succeed nothing; a
/// savepoint each would cost them a third.
///
/// The queue is also the order of the events. Each gets its id and time here: those of a change in
/// its transaction, and those of what changes nothing (`announce`) between two commits. They are
/// published after the commit, before the responses, in the order of their ids. While the event log
/// is on, all are written to it in a transaction before they are published; those of what changes
/// nothing together, as many as wait at the same time.
final class CommitQueue: Sendable {
    struct State {
        var jobs: [CommitJob] = []
        var isRunning = false
        /// The damage that a commit found in the file.
        var damage: String?
        var isEvictionDue = false
        var isIndexingDue = false
        var isFinished = false
    }

    /// The most changes in one commit: with more, the first would wait long for the last.
    static let commitLimit = 512
    /// The most commits before something else gets its turn on the queue.
    static let turnLimit = 16
    /// The most events that are evicted in one transaction.
    static let evictionLimit = 256

    let pool: DatabasePool
    let events: any EventSink
    let commitTook: @Sendable (Duration) -> Void
    let sequence: Mutex<EventSequence>
    let log: Mutex<EventLogWriter>
    let checkpoints: Checkpoints
    let queue = DispatchQueue(label: "directory.commits")
    let state = Mutex(State())
    /// Whether the connection waits for the disk at the end of a transaction.
    let isDurable = Mutex(true)

    init(
        pool: DatabasePool, events: any EventSink, sequence: EventSequence, log: EventLogWriter,
        commitTook: @escaping @Sendable (Duration) -> Void
    ) {
        self.pool = pool
        self.events = events
        self.sequence = Mutex(sequence)
        self.log = Mutex(log)
        checkpoints = Checkpoints(pool: pool, queue: queue)
        self.commitTook = commitTook
        queue.async {
            self.scheduleEviction()
            self.scheduleIndexing()
        }
    }

    /// - Parameter isTrial: whether the change only tries whether the store can be written: such do
    ///   not keep the write-ahead log from being emptied.
    func submit<T: Sendable>(
        isTrial: Bool = false, _ change: @escaping @Sendable (Database) throws -> Applied<T>
    ) async throws(DirectoryError) -> T {
        let result: Result<T, DirectoryError> = await withCheckedContinuation { answer in
            add(
                CommitJob(isTrial: isTrial) { database, _ in
                    let change = try change(database)
                    return CommitJob.Outcome(events: change.events, bulk: change.bulk) {
                        answer.resume(returning: .success(change.result))
                    }
                } fail: {
                    answer.resume(returning: .failure($0))
                })
        }
        return try result.get()
    }

    /// More jobs than this in the queue make an announcement wait for its turn.
    private static let longQueue = 4096

    /// Publishes events of what changes nothing, in the order of the queue. Returns at once, unless
    /// the queue is long.
    func announce(_ drafts: [EventDraft]) async {
        let isLong = state.withLock { $0.jobs.count > Self.longQueue }
        guard isLong else {
            return add(CommitJob(announcing: CommitJob.Outcome(events: drafts) {}))
        }
        await withCheckedContinuation { waiter in
            add(CommitJob(announcing: CommitJob.Outcome(events: drafts) { waiter.resume() }))
        }
    }

    /// Publishes events that were made elsewhere, in the order of the queue. Returns when they are
    /// published.
    func relay(_ events: [Event]) async {
        await withCheckedContinuation { waiter in
            add(CommitJob(announcing: CommitJob.Outcome(relayed: events) { waiter.resume() }))
        }
    }

    /// Makes a change that concerns the event log too, and emits nothing.
    func submitLogged<T: Sendable>(
        _ change: @escaping @Sendable (Database, inout EventLogWriter) throws -> T
    ) async throws(DirectoryError) -> T {
        let result: Result<T, DirectoryError> = await withCheckedContinuation { answer in
            add(
                CommitJob { database, log in
                    let result = try change(database, &log)
                    return CommitJob.Outcome { answer.resume(returning: .success(result)) }
                } fail: {
                    answer.resume(returning: .failure($0))
                })
        }
        return try result.get()
    }

    /// Keeps the events after a place in the event log; nil ends this.
    func retain(after place: EventPlace?) async throws(DirectoryError) {
        try await submitLogged { try $1.retain(after: place, $0) }
    }

    /// Whether events are logged.
    var isLogOn: Bool { log.withLock(\.isOn) }

    private func add(_ job: CommitJob) {
        let mustStart = state.withLock { state in
            state.jobs.append(job)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart { queue.async { self.drain() } }
    }

    /// Why the file must no longer be written; nil when it is not damaged.
    var damage: String? { state.withLock { $0.damage } }
}
