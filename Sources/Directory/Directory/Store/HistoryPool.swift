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

    init(_ file: String, _ configuration: Configuration) {
        (self.file, self.configuration) = (file, configuration)
    }

    /// Returns the connections.
    /// - Throws: when they cannot be opened, or are closed.
    func open() throws -> DatabasePool {
        try state.withLock { state in
            switch state {
            case .open(let pool): return pool
            case .closed: throw CancellationError()
            case .unused:
                let pool = try DatabasePool(path: file, configuration: configuration)
                state = .open(pool)
                return pool
            }
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
