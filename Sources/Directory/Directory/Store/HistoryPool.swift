internal import GRDB
internal import Synchronization

/// The connections for pages of the event log. They are opened when the log is read for the first
/// time, because the first webhook turns it on while the gateway runs. Safe to use from any thread.
final class HistoryPool: Sendable {
    private enum State {
        case unused
        case open(DatabasePool)
        case closed
    }

    private let file: String
    private let configuration: Configuration
    private let state = Mutex(State.unused)
    // Held while the files are opened; no loop waits for it.
    private let opening = Mutex(())

    init(_ file: String, _ configuration: Configuration) {
        (self.file, self.configuration) = (file, configuration)
    }

    /// Returns the connections. The first call opens files, away from the caller's thread, which may
    /// be a loop's.
    /// - Throws: when they cannot be opened, or are closed.
    func open() async throws -> DatabasePool {
        if let pool = try opened() { return pool }
        return try await openNow()
    }

    private func opened() throws -> DatabasePool? {
        switch state.withLock({ $0 }) {
        case .unused: nil
        case .open(let pool): pool
        case .closed: throw CancellationError()
        }
    }

    @concurrent
    private func openNow() async throws -> DatabasePool {
        try opening.withLock { _ in
            if let pool = try opened() { return pool }
            let pool = try DatabasePool(path: file, configuration: configuration)
            let isClosed = state.withLock { state in
                if case .closed = state { return true }
                state = .open(pool)
                return false
            }
            guard isClosed else { return pool }
            try? pool.close()
            throw CancellationError()
        }
    }

    /// Stops all reads.
    func interrupt() {
        if case .open(let pool) = state.withLock({ $0 }) { pool.interrupt() }
    }

    /// Closes the connections for ever.
    func close() {
        let last = state.withLock { state in
            defer { state = .closed }
            return state
        }
        if case .open(let pool) = last { try? pool.close() }
    }
}
