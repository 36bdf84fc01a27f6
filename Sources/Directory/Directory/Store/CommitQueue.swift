internal import Dispatch
internal import Events
internal import GRDB
internal import Synchronization

/// Makes changes one after the other, and those that wait together in one commit: many clients
/// share the wait for the disk.
///
/// Each change succeeds or fails alone: one that fails half-way rolls the commit back, and each is
/// then made in a commit of its own. That is rare, and costs those that succeed nothing; a savepoint
/// each would cost them a third. Events go out after the commit, before the answers, in the order of
/// the changes.
final class CommitQueue: Sendable {
    private struct Job: Sendable {
        let isTrial: Bool
        /// Makes the change; what it returns publishes and answers, once the commit is known.
        let run: @Sendable (Database) throws -> Outcome
        /// Answers that the change was not made.
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
        /// What a commit has met in the file that should not be there.
        var damage: String?
        var lastCommit = ContinuousClock.now
        /// Commits so far, and how many of them are in the database file.
        var commits = 0
        var checkpointed = 0
        var isCheckpointDue = false
    }

    /// More changes than this in one commit would keep the first of them waiting for the last.
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

    /// - Parameter isTrial: whether the change only tries whether the store can be written: such do
    ///   not keep the write-ahead log from being emptied.
    func submit<T: Sendable>(
        isTrial: Bool = false, _ change: @escaping @Sendable (Database) throws -> Change<T>
    ) async throws(DirectoryError) -> T {
        let result: Result<T, DirectoryError> = await withCheckedContinuation { answer in
            add(
                Job(
                    isTrial: isTrial,
                    run: { database in
                        let change = try change(database)
                        return Outcome(events: change.events, later: change.later) {
                            answer.resume(returning: .success(change.result))
                        }
                    },
                    fail: { answer.resume(returning: .failure($0)) }))
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

    /// How long nothing is written before the write-ahead log is emptied.
    private static let idleTime: Duration = .seconds(5)

    /// Why the file must not be written any more; nil when all is well.
    var damage: String? { state.withLock { $0.damage } }

    /// Moves what is in the write-ahead log to the database file, once the queue is idle. Blocks.
    func checkpoint() { queue.sync { moveLog() } }

    /// The log stays as it is while somebody reads from it: then it is done after the next commit.
    private func moveLog() {
        _ = try? pool.writeWithoutTransaction { database in
            // Not to wait for readers: changes wait behind this.
            try database.execute(sql: "PRAGMA busy_timeout = 0")
            defer { try? database.execute(sql: "PRAGMA busy_timeout = 2000") }
            _ = try database.checkpoint(.truncate)
        }
    }

    /// Empties the log when nothing has been written for a while; one timer, however much is
    /// written meanwhile.
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
            // Another process holds the lock: trying each alone would make each wait as long.
            for job in jobs { job.fail(Self.directoryError(error)) }
        } catch let error as DatabaseError
            where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
        {
            state.withLock { $0.damage = "\(error)" }
            for job in jobs { job.fail(Self.directoryError(error)) }
        } catch  where jobs.count > 1 {
            // One of them brought the others down: each alone, so that only that one fails.
            for job in jobs { commit([job]) }
        } catch let fault as DirectoryError {
            for job in jobs { job.fail(fault) }
        } catch {
            let fault = Self.directoryError(error)
            for job in jobs { job.fail(fault) }
        }
    }

    /// Publishes the events in the order of the changes. A loop that is behind holds the next commit
    /// back, so that what waits for it does not grow without bound.
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

    /// Makes one change. A refusal that has changed nothing concerns nobody else; whatever else goes
    /// wrong ends the whole commit.
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
