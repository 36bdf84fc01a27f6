internal import Dispatch
internal import Events
internal import GRDB
internal import Synchronization

/// Makes changes one after the other. Changes that wait at the same time share one commit, and
/// their clients share the wait for the disk.
///
/// Each change succeeds or fails alone: one that fails half-way rolls the commit back, and each is
/// then made in a commit of its own. That is rare, and costs those that succeed nothing; a savepoint
/// each would cost them a third.
///
/// The queue is also the order of the events. Each gets its id and time here: those of a change in
/// its transaction, and those of what changes nothing (`announce`) between two commits. They are
/// published after the commit, before the responses, in the order of their ids.
final class CommitQueue: Sendable {
    private struct Job: Sendable {
        let work: Work
        /// Responds that the change was not made.
        let fail: @Sendable (DirectoryError) -> Void
    }

    private enum Work: Sendable {
        /// Makes a change; what it returns publishes and responds, once the commit is known. One that
        /// is a trial only tries whether the store can be written.
        case change(isTrial: Bool, @Sendable (Database) throws -> Outcome)
        /// Changes nothing, and only has events.
        case announcement(Outcome)

        /// Whether something is in the write-ahead log after it.
        var isChange: Bool { if case .change(isTrial: false, _) = self { true } else { false } }
        var needsTransaction: Bool { if case .change = self { true } else { false } }
    }

    private struct Outcome: Sendable {
        let events: [EventDraft]
        let later: [@Sendable (Database) -> [EventDraft]]
        let succeed: @Sendable () -> Void
    }

    /// What a transaction has come to.
    private struct Committed {
        var results: [Result<Outcome, any Error>] = []
        /// The events of the outcomes up to the first that has more `later`.
        var events: [Event] = []
        var reservation: Int64?
    }

    private struct State {
        var jobs: [Job] = []
        var isRunning = false
        /// The damage that a commit found in the file.
        var damage: String?
    }

    /// The most changes in one commit: with more, the first would wait long for the last.
    private static let commitLimit = 512

    private let pool: DatabasePool
    private let events: any EventSink
    private let commitTook: @Sendable (Duration) -> Void
    private let sequence: Mutex<EventSequence>
    private let checkpoints: Checkpoints
    private let queue = DispatchQueue(label: "directory.commits")
    private let state = Mutex(State())

    init(
        pool: DatabasePool, events: any EventSink, sequence: EventSequence,
        commitTook: @escaping @Sendable (Duration) -> Void
    ) {
        self.pool = pool
        self.events = events
        self.sequence = Mutex(sequence)
        checkpoints = Checkpoints(pool: pool, queue: queue)
        self.commitTook = commitTook
    }

    /// - Parameter isTrial: whether the change only tries whether the store can be written: such do
    ///   not keep the write-ahead log from being emptied.
    func submit<T: Sendable>(
        isTrial: Bool = false, _ change: @escaping @Sendable (Database) throws -> Change<T>
    ) async throws(DirectoryError) -> T {
        let result: Result<T, DirectoryError> = await withCheckedContinuation { answer in
            let work = Work.change(isTrial: isTrial) { database in
                let change = try change(database)
                return Outcome(events: change.events, later: change.later) {
                    answer.resume(returning: .success(change.result))
                }
            }
            add(Job(work: work) { answer.resume(returning: .failure($0)) })
        }
        return try result.get()
    }

    /// More jobs than this in the queue make an announcement wait for its turn.
    private static let longQueue = 4096

    /// Publishes events of what changes nothing, in the order of the queue. Returns at once, unless
    /// the queue is long.
    func announce(_ drafts: [EventDraft]) async {
        let isLong = state.withLock { $0.jobs.count > Self.longQueue }
        guard isLong else { return add(Self.announcement(drafts) {}) }
        await withCheckedContinuation { waiter in
            add(Self.announcement(drafts) { waiter.resume() })
        }
    }

    private static func announcement(
        _ drafts: [EventDraft], _ done: @escaping @Sendable () -> Void
    ) -> Job {
        Job(work: .announcement(Outcome(events: drafts, later: [], succeed: done))) { _ in done() }
    }

    private func add(_ job: Job) {
        let mustStart = state.withLock { state in
            state.jobs.append(job)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart { queue.async { self.drain() } }
    }

    /// Why the file must no longer be written; nil when it is not damaged.
    var damage: String? { state.withLock { $0.damage } }

    /// Ends the sequence of ids in good order, and moves what is in the write-ahead log to the
    /// database file, once the queue is idle. Blocks.
    func finish() {
        queue.sync {
            let used = sequence.withLock { $0.usedReservation }
            try? pool.write { try EventSequence.write(used, $0) }
            checkpoints.emptyLog()
        }
    }

    private func drain() {
        defer { checkpoints.schedule() }
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
        guard jobs.contains(where: \.work.needsTransaction) else { return announce(jobs) }
        let start = ContinuousClock.now
        do {
            let committed = try pool.writeWithoutTransaction { database in
                var committed = Committed()
                try database.inTransaction(.immediate) {
                    committed = try make(jobs, database)
                    return .commit
                }
                return committed
            }
            if jobs.contains(where: \.work.isChange) { checkpoints.recordCommit() }
            commitTook(ContinuousClock.now - start)
            publish(committed)
            for (job, outcome) in zip(jobs, committed.results) {
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

    /// Publishes what needs no transaction.
    private func announce(_ jobs: [Job]) {
        let outcomes = jobs.compactMap { job in
            if case .announcement(let outcome) = job.work { outcome } else { nil }
        }
        send(events(outcomes.flatMap(\.events)))
        for outcome in outcomes { outcome.succeed() }
    }

    /// Makes the changes and their events.
    private func make(_ jobs: [Job], _ database: Database) throws -> Committed {
        let results = try jobs.map { try Self.attempt($0, database) }
        let direct = results.compactMap { try? $0.get() }.prefix { $0.later.isEmpty }
        let (events, reservation) = sequence.withLock { sequence in
            (sequence.events(direct.flatMap(\.events)), sequence.dueReservation)
        }
        if let reservation { try EventSequence.write(reservation, database) }
        return Committed(results: results, events: events, reservation: reservation)
    }

    /// Publishes the events in the order of the changes.
    private func publish(_ committed: Committed) {
        if let reservation = committed.reservation {
            sequence.withLock { $0.keep(reservation) }
        }
        send(committed.events)
        let outcomes = committed.results.compactMap { try? $0.get() }
        for outcome in outcomes.drop(while: \.later.isEmpty) {
            send(events(outcome.events))
            for make in outcome.later {
                send(events(pool.writeWithoutTransaction { make($0) }))
            }
        }
    }

    /// Makes events outside a change. When the store cannot take the reservation, they are published
    /// all the same: what they report has happened.
    private func events(_ drafts: [EventDraft]) -> [Event] {
        let (events, reservation) = sequence.withLock { sequence in
            (sequence.events(drafts), sequence.dueReservation)
        }
        if let reservation, (try? pool.write { try EventSequence.write(reservation, $0) }) != nil {
            sequence.withLock { $0.keep(reservation) }
        }
        return events
    }

    /// A loop that is late holds the next commit back, so that what waits for it does not grow
    /// without bound.
    private func send(_ list: [Event]) {
        guard !list.isEmpty else { return }
        events.waitForRoom()
        events.publish(list)
    }

    /// Makes one change. Returns the error of a change that changed nothing; every other error ends
    /// the whole commit.
    private static func attempt(_ job: Job, _ database: Database) throws
        -> Result<Outcome, any Error>
    {
        let before = database.totalChangesCount
        do {
            switch job.work {
            case .change(_, let run): return .success(try run(database))
            case .announcement(let outcome): return .success(outcome)
            }
        } catch let error as DirectoryError where database.totalChangesCount == before {
            return .failure(error)
        }
    }

    private static func directoryError(_ error: any Error) -> DirectoryError {
        error as? DirectoryError ?? .storeUnavailable("the store cannot be written: \(error)")
    }
}
