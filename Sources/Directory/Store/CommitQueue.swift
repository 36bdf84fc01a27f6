internal import Dispatch
internal import Events
internal import GRDB
internal import Synchronization

/// Makes changes one after the other. Changes that wait at the same time share one commit, so many
/// clients share the wait for the disk.
///
/// Each change succeeds or fails alone. One that fails half-way rolls the commit back, and then each
/// is made in a commit of its own. That is rare. A savepoint for each change would make every change
/// a third more expensive. Events are published after the commit, in the order of the changes, and
/// before the callers resume.
final class CommitQueue: Sendable {
    private struct Job: Sendable {
        let isTrial: Bool
        /// Makes the change. The outcome is used after the commit.
        let run: @Sendable (Database) throws -> Outcome
        /// Resumes the caller with an error: the change was not made.
        let fail: @Sendable (DirectoryError) -> Void
    }

    private struct Outcome {
        let events: [EventDraft]
        let later: [@Sendable (Database) -> [EventDraft]]
        let succeed: @Sendable () -> Void
    }

    private struct State {
        var jobs: [Job] = []
        var isRunning = false
        /// The damage that a commit found in the file.
        var damage: String?
        var lastCommit = ContinuousClock.now
        /// The number of commits, and how many of them are in the database file.
        var commits = 0
        var checkpointed = 0
        var isCheckpointDue = false
    }

    /// The most changes in one commit: with more, the first would wait long for the last.
    private static let commitLimit = 512

    private let pool: DatabasePool
    private let events: any EventSink
    private let commitTook: @Sendable (Duration) -> Void
    private let queue = DispatchQueue(label: "directory.commits")
    private let state = Mutex(State())

    init(
        pool: DatabasePool, events: any EventSink,
        commitTook: @escaping @Sendable (Duration) -> Void
    ) {
        self.pool = pool
        self.events = events
        self.commitTook = commitTook
    }

    /// Makes a change; returns when it is durable and its events are published.
    /// - Parameter isTrial: whether the change only checks that the store can be written. Such a
    ///   change does not delay the checkpoint.
    /// - Throws: the error of the change, or `DirectoryError.storeUnavailable`.
    func submit<T: Sendable>(
        isTrial: Bool = false, _ change: @escaping @Sendable (Database) throws -> Change<T>
    ) async throws(DirectoryError) -> T {
        let result: Result<T, DirectoryError> = await withCheckedContinuation { continuation in
            add(
                Job(
                    isTrial: isTrial,
                    run: { database in
                        let change = try change(database)
                        return Outcome(events: change.events, later: change.later) {
                            continuation.resume(returning: .success(change.result))
                        }
                    },
                    fail: { continuation.resume(returning: .failure($0)) }))
        }
        return try result.get()
    }

    private func add(_ job: Job) {
        let mustStart = state.withLock { state in
            state.jobs.append(job)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart { queue.async { self.drain() } }
    }

    /// The time without a write after which the write-ahead log is emptied.
    private static let idleTime: Duration = .seconds(5)

    /// Why the file must no longer be written; nil when it is not damaged.
    var damage: String? { state.withLock { $0.damage } }

    /// Moves the write-ahead log into the database file, once the queue is idle. Blocks the thread.
    func checkpoint() { queue.sync { moveLog() } }

    /// Moves the log, unless a reader uses it: then the next checkpoint moves it.
    private func moveLog() {
        _ = try? pool.writeWithoutTransaction { database in
            // Without a wait for readers, because changes wait for this.
            try database.execute(sql: "PRAGMA busy_timeout = 0")
            defer { try? database.execute(sql: "PRAGMA busy_timeout = 2000") }
            _ = try database.checkpoint(.truncate)
        }
    }

    /// Schedules a checkpoint for the time when nothing has been written for `idleTime`. There is one
    /// timer at most.
    private func scheduleCheckpoint() {
        let wait: Duration? = state.withLock { state in
            guard !state.isCheckpointDue, state.commits > state.checkpointed else { return nil }
            state.isCheckpointDue = true
            return Self.idleTime - (ContinuousClock.now - state.lastCommit)
        }
        guard let wait else { return }
        let deadline = DispatchTime.now() + max(0.01, wait / .seconds(1))
        queue.asyncAfter(deadline: deadline) { [weak self] in
            guard let self else { return }
            let isIdle = self.state.withLock { state in
                state.isCheckpointDue = false
                let isIdle = ContinuousClock.now - state.lastCommit >= Self.idleTime
                if isIdle { state.checkpointed = state.commits }
                return isIdle
            }
            if isIdle { self.moveLog() } else { self.scheduleCheckpoint() }
        }
    }

    private func drain() {
        defer { scheduleCheckpoint() }
        while true {
            let jobs = state.withLock { state in
                let jobs = Array(state.jobs.prefix(Self.commitLimit))
                state.jobs.removeFirst(jobs.count)
                state.isRunning = !jobs.isEmpty
                return jobs
            }
            if jobs.isEmpty { return }
            commit(jobs)
        }
    }

    private func commit(_ jobs: [Job]) {
        let start = ContinuousClock.now
        do {
            let outcomes = try pool.writeWithoutTransaction { database in
                var outcomes: [Result<Outcome, any Error>] = []
                try database.inTransaction(.immediate) {
                    outcomes = try jobs.map { try Self.attempt($0, database) }
                    return .commit
                }
                return outcomes
            }
            if jobs.contains(where: { !$0.isTrial }) {
                state.withLock { state in
                    state.commits += 1
                    state.lastCommit = .now
                }
            }
            commitTook(ContinuousClock.now - start)
            publish(outcomes.compactMap { try? $0.get() })
            for (job, outcome) in zip(jobs, outcomes) {
                switch outcome {
                case .success(let outcome): outcome.succeed()
                case .failure(let error): job.fail(Self.directoryError(error))
                }
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            // Another process holds the lock: alone, each change would wait as long again.
            for job in jobs { job.fail(Self.directoryError(error)) }
        } catch let error as DatabaseError
            where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
        {
            state.withLock { $0.damage = "\(error)" }
            for job in jobs { job.fail(Self.directoryError(error)) }
        } catch  where jobs.count > 1 {
            // One change failed the commit: each is made alone, so that only that one fails.
            for job in jobs { commit([job]) }
        } catch let fault as DirectoryError {
            for job in jobs { job.fail(fault) }
        } catch {
            let fault = Self.directoryError(error)
            for job in jobs { job.fail(fault) }
        }
    }

    /// Publishes the events in the order of the changes. Waits for a slow loop before the next commit,
    /// so that its queue does not grow without bound.
    private func publish(_ outcomes: [Outcome]) {
        var drafts: [EventDraft] = []
        func emit() {
            guard !drafts.isEmpty else { return }
            events.waitForRoom()
            events.emit(drafts)
            drafts = []
        }
        for outcome in outcomes {
            drafts += outcome.events
            for make in outcome.later {
                drafts += pool.writeWithoutTransaction { make($0) }
                emit()
            }
        }
        emit()
    }

    /// Makes one change. Returns the error of a change that changed nothing; every other error ends
    /// the whole commit.
    private static func attempt(_ job: Job, _ database: Database) throws
        -> Result<Outcome, any Error>
    {
        let before = database.totalChangesCount
        do {
            return .success(try job.run(database))
        } catch let error as DirectoryError where database.totalChangesCount == before {
            return .failure(error)
        }
    }

    private static func directoryError(_ error: any Error) -> DirectoryError {
        error as? DirectoryError ?? .storeUnavailable("the store cannot be written: \(error)")
    }
}
