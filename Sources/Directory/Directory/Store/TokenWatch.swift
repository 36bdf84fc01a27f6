internal import Dispatch
internal import GRDB
internal import Synchronization

/// Notices within a second that the access tokens of a store have changed, whatever process changed them.
///
/// It has a connection of its own, on which `PRAGMA data_version` costs some microseconds and no read
/// of the file. Only when that number has changed, the generation of the tokens is read; only when that
/// has changed too, the tokens.
public final class TokenWatch: Sendable {
    /// What was seen last.
    private struct Seen {
        var version: Int64?
        var generation: Int64?
    }

    private struct State {
        var seen = Seen()
        var isStopped = false
    }

    private let connection: DatabaseQueue
    private let queue = DispatchQueue(label: "directory.tokens")
    private let interval: Duration
    private let changed: @Sendable ([StoredToken]) -> Void
    private let state = Mutex(State())

    /// Begins to watch. Calls `changed` with all tokens before it returns, and again after each change,
    /// on a thread of its own.
    /// - Parameters:
    ///   - path: the data directory of an open store.
    ///   - interval: how often it looks.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public init(
        path: String, interval: Duration = .milliseconds(500),
        changed: @escaping @Sendable ([StoredToken]) -> Void
    ) throws(DirectoryError) {
        self.changed = changed
        self.interval = interval
        do {
            connection = try DatabaseQueue(
                path: "\(path)/\(StoreFile.name)", configuration: StoreFile.readOnly)
            try queue.sync { try look() }
        } catch {
            throw .storeUnavailable("the tokens cannot be read: \(error)")
        }
        schedule()
    }

    /// Looks now. Blocks the thread.
    public func check() { queue.sync { try? look() } }

    /// Ends the watch. `changed` is not called after this. Blocks the thread.
    public func stop() {
        let wasStopped = state.withLock { state in
            defer { state.isStopped = true }
            return state.isStopped
        }
        if !wasStopped { queue.sync { try? connection.close() } }
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    private func schedule() {
        queue.asyncAfter(deadline: .now() + interval / .seconds(1)) { [weak self] in
            guard let self, !isStopped else { return }
            // A look that fails is repeated: the store may be locked for a short time.
            try? look()
            schedule()
        }
    }

    /// Looks for changes; on the queue.
    private func look() throws {
        // A connection that was closed must not be used.
        guard !isStopped else { return }
        let last = state.withLock { $0.seen }
        let (now, tokens): (Seen, [StoredToken]?) = try connection.read { database in
            var now = last
            now.version = try Int64.fetchOne(database, sql: "PRAGMA data_version")
            guard now.version != last.version else { return (now, nil) }
            now.generation = try TokenTable.generation(database)
            let isNew = now.generation != last.generation
            return (now, isNew ? try TokenTable.all(database) : nil)
        }
        state.withLock { $0.seen = now }
        if let tokens { changed(tokens) }
    }
}
