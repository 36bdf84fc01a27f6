internal import Dispatch
internal import Events
internal import GRDB
internal import Synchronization

/// The work on the queue's thread.
extension CommitQueue {
    /// Makes what waits. Gives way after some commits, so that what else is on the queue has its
    /// turn.
    func drain() {
        for _ in 0..<Self.turnLimit {
            guard commitNext() else {
                checkpoints.schedule()
                scheduleEviction()
                scheduleIndexing()
                return
            }
        }
        scheduleIndexing()
        queue.async { self.drain() }
    }

    /// Makes the next commit.
    /// - Returns: false when nothing waits.
    private func commitNext() -> Bool {
        let jobs = state.withLock { state in
            let jobs = Array(state.jobs.prefix(Self.commitLimit))
            state.jobs.removeFirst(jobs.count)
            state.isRunning = !jobs.isEmpty
            return jobs
        }
        if !jobs.isEmpty { commit(jobs) }
        return !jobs.isEmpty
    }

    private func commit(_ jobs: [CommitJob]) {
        let hasChange = jobs.contains { $0.change != nil }
        guard hasChange || isLogOn else { return announce(jobs) }
        let start = ContinuousClock.now
        do {
            let isDurable = hasChange || sequence.withLock(\.isReservationNear)
            let committed = try transact(isDurable: isDurable) { try make(jobs, $0) }
            if jobs.contains(where: { !$0.isTrial }) { checkpoints.recordCommit() }
            if hasChange { commitTook(ContinuousClock.now - start) }
            publish(committed)
            for (job, result) in zip(jobs, committed.results) {
                switch result {
                case .success(let outcome): outcome.succeed()
                case .failure(let error): job.fail(Self.directoryError(error))
                }
            }
        } catch {
            let code = (error as? DatabaseError)?.resultCode
            if code == .SQLITE_CORRUPT || code == .SQLITE_NOTADB {
                state.withLock { $0.damage = "\(error)" }
            } else if hasChange, jobs.count > 1, code != .SQLITE_BUSY {
                // One change failed the commit: each is made alone, so that only that one fails.
                // Not while another process holds the lock: alone, each would wait as long again.
                for job in jobs { commit([job]) }
                return
            }
            announce(jobs.filter { $0.change == nil })
            for job in jobs { job.fail(Self.directoryError(error)) }
        }
    }

    /// Runs a transaction.
    /// - Parameter isDurable: whether to wait until the disk has it. What is not waited for
    ///   survives the end of the process, and reaches the disk with the next one that is.
    func transact<T>(isDurable: Bool, _ work: (Database) throws -> T) throws -> T {
        try pool.writeWithoutTransaction { database in
            if self.isDurable.withLock({ $0 }) != isDurable {
                // Not known if it fails: then the next transaction that has to be durable sets it.
                self.isDurable.withLock { $0 = false }
                try database.execute(
                    sql: "PRAGMA synchronous = \(isDurable ? "FULL" : "NORMAL")")
                self.isDurable.withLock { $0 = isDurable }
            }
            var result: T?
            try database.inTransaction(.immediate) {
                result = try work(database)
                return .commit
            }
            guard let result else { throw DirectoryError.storeUnavailable("nothing was written") }
            return result
        }
    }

    /// Makes the changes and their events.
    private func make(_ jobs: [CommitJob], _ database: Database) throws -> Committed {
        var committed = Committed(log: log.withLock { $0 })
        for job in jobs {
            switch try job.attempt(database, &committed.log) {
            case .success(let outcome): try committed.append(outcome, sequence, database)
            case .failure(let error): committed.append(failure: error)
            }
        }
        committed.reservation = sequence.withLock(\.dueReservation)
        if let reservation = committed.reservation {
            try EventSequence.write(reservation, database)
        }
        try committed.log.evictIfBehind(added: committed.eventCount, database)
        return committed
    }

    /// Publishes the events in the order of the changes.
    private func publish(_ committed: Committed) {
        log.withLock { $0 = committed.log }
        if let reservation = committed.reservation {
            sequence.withLock { $0.keep(reservation) }
        }
        for part in committed.parts {
            switch part {
            case .events(let list, let place): send(list, at: place)
            case .bulk(let bulk, let stamps, let place):
                for slice in bulk.slices {
                    send(
                        pool.writeWithoutTransaction { bulk.events(slice, stamps, $0) },
                        at: place?.advanced(by: slice.lowerBound))
                }
            }
        }
    }

    /// Publishes events of what changes nothing without a transaction: the log is off, or cannot be
    /// written now. What they report has happened, so they are published in any case.
    private func announce(_ jobs: [CommitJob]) {
        let outcomes = jobs.compactMap(\.outcome)
        let (made, reservation) = sequence.withLock { sequence in
            let made = outcomes.flatMap { sequence.events($0.events) + $0.relayed }
            return (made, sequence.dueReservation)
        }
        if let reservation, (try? pool.write { try EventSequence.write(reservation, $0) }) != nil {
            sequence.withLock { $0.keep(reservation) }
        }
        send(made, at: log.withLock { $0.appendUnwritten(made) })
        for outcome in outcomes { outcome.succeed() }
    }

    /// A loop that is late holds the next commit back, so that what waits for it does not grow
    /// without bound.
    private func send(_ list: [Event], at place: EventPlace?) {
        guard !list.isEmpty else { return }
        events.waitForRoom()
        events.publish(list, at: place)
    }

    private static func directoryError(_ error: any Error) -> DirectoryError {
        error as? DirectoryError ?? .storeUnavailable("the store cannot be written: \(error)")
    }

    /// Ends the sequence of ids in good order, and moves what is in the write-ahead log to the
    /// database file, once nothing waits. Blocks.
    func finish() {
        queue.sync {
            while commitNext() {}
            state.withLock { $0.isFinished = true }
            let used = sequence.withLock { $0.usedReservation }
            try? pool.write { try EventSequence.write(used, $0) }
            let log = log.withLock { $0 }
            if log.isOn {
                try? pool.write { database in
                    var log = log
                    try log.catchUp(database)
                }
            }
            checkpoints.emptyLog()
        }
    }
}

/// The eviction from the event log, in the background.
extension CommitQueue {
    /// Evicts later, if there is something to evict. One timer, however much is written meanwhile.
    func scheduleEviction(notBefore pause: Duration = .zero) {
        guard let delay = log.withLock(\.evictionDelay).map({ max($0, pause) }) else { return }
        let mustSchedule = state.withLock { state in
            defer { state.isEvictionDue = true }
            return !state.isEvictionDue && !state.isFinished
        }
        guard mustSchedule else { return }
        queue.asyncAfter(deadline: .now() + delay / .seconds(1)) { [weak self] in
            self?.evict()
        }
    }

    private func evict() {
        let isFinished = state.withLock { state in
            state.isEvictionDue = false
            return state.isFinished
        }
        guard !isFinished else { return }
        do {
            try evictSlice()
            scheduleEviction()
        } catch {
            // The disk may be full: not again at once.
            scheduleEviction(notBefore: .seconds(10))
        }
    }

    /// Evicts one slice; on the queue.
    private func evictSlice() throws {
        let changed = try transact(isDurable: false) { database in
            var changed = log.withLock { $0 }
            try changed.evict(atMost: Self.evictionLimit, database)
            return changed
        }
        let isChanged = log.withLock { log in
            defer { log = changed }
            return log.isEvictionBehind || log.state.floor != changed.state.floor
        }
        if isChanged { checkpoints.recordCommit() }
    }

    /// Evicts all that is beyond the limits now, without waiting for a timer. Blocks.
    func evictNow() throws {
        try queue.sync {
            repeat { try evictSlice() } while log.withLock(\.isEvictionBehind)
        }
    }
}
