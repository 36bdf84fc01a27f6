internal import Dispatch
internal import GRDB
internal import Synchronization

/// Moves what is in the write-ahead log to the database file when nothing has been written for a
/// while, so that the file alone is a backup.
final class Checkpoints: Sendable {
    private struct State {
        var lastCommit = ContinuousClock.now
        /// Commits so far, and how many of them are in the database file.
        var commits = 0
        var checkpointed = 0
        var isDue = false
    }

    /// How long nothing is written before the log is emptied.
    private static let idleTime: Duration = .seconds(5)

    private let pool: DatabasePool
    private let queue: DispatchQueue
    private let state = Mutex(State())

    /// - Parameter queue: that of the commits: the log is emptied between two of them.
    init(pool: DatabasePool, queue: DispatchQueue) {
        self.pool = pool
        self.queue = queue
    }

    /// Records that something was written.
    func recordCommit() {
        state.withLock { state in
            state.commits += 1
            state.lastCommit = .now
        }
    }

    /// Empties the log after the idle time, if something was written. One timer, however much is
    /// written meanwhile.
    func schedule() {
        let wait: Duration? = state.withLock { state in
            guard !state.isDue, state.commits > state.checkpointed else { return nil }
            state.isDue = true
            return Self.idleTime - (ContinuousClock.now - state.lastCommit)
        }
        guard let wait else { return }
        queue.asyncAfter(deadline: .now() + max(0.01, wait / .seconds(1))) { [weak self] in
            self?.timePassed()
        }
    }

    private func timePassed() {
        let isIdle = state.withLock { state in
            state.isDue = false
            let isIdle = ContinuousClock.now - state.lastCommit >= Self.idleTime
            if isIdle { state.checkpointed = state.commits }
            return isIdle
        }
        if isIdle { emptyLog() } else { schedule() }
    }

    /// Empties the log; on the queue. It stays as it is while a connection reads from it: then it is
    /// done after the next commit.
    func emptyLog() {
        _ = try? pool.writeWithoutTransaction { database in
            // Not to wait for readers: changes wait behind this.
            try database.execute(sql: "PRAGMA busy_timeout = 0")
            defer { try? database.execute(sql: "PRAGMA busy_timeout = 2000") }
            _ = try database.checkpoint(.truncate)
        }
    }
}
