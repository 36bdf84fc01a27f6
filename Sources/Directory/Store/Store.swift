internal import Dispatch
public import Events
internal import GRDB
internal import Synchronization

/// The one SQLite file in which everything is kept, in WAL mode: reads never wait for writes, and
/// what is acknowledged is on the disk.
public final class Store: Sendable {
    private let pool: DatabasePool
    private let commits: CommitQueue
    private let directory: DataDirectory

    /// Opens the store and brings its schema up to date.
    /// - Parameters:
    ///   - path: the data directory; made if it is not there.
    ///   - events: gets the events of every change, in the order in which the changes were made.
    ///   - commitTook: told how long each commit took.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public init(
        path: String, events: any EventSink,
        commitTook: @escaping @Sendable (Duration) -> Void = { _ in }
    ) throws(DirectoryError) {
        directory = try DataDirectory(path: path)
        do {
            pool = try DatabasePool(path: "\(path)/directory.sqlite")
            // A commit returns when the disk has it, not only the system: otherwise the last ones
            // would be lost with the power. Only now, because opening in WAL mode sets NORMAL.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try Schema.migrator.migrate(pool)
        } catch {
            throw .storeUnavailable("the store in \(path) cannot be opened: \(error)")
        }
        commits = CommitQueue(pool: pool, events: events, commitTook: commitTook)
    }

    /// Makes a change; returns when it is durable and its events have been published.
    func write<T: Sendable>(
        _ change: @escaping @Sendable (Database) throws -> Change<T>
    ) async throws(DirectoryError) -> T {
        try await commits.submit(change)
    }

    /// Reads a consistent snapshot.
    func read<T: Sendable>(
        _ query: @escaping @Sendable (Database) throws -> T
    ) async throws(DirectoryError) -> T {
        do {
            return try await pool.read(query)
        } catch let error as DirectoryError {
            throw error
        } catch {
            throw .storeUnavailable("the store cannot be read: \(error)")
        }
    }

    /// Whether the store works: reading is tried and, if the last commit failed, writing too, so
    /// that a full disk that was cleared is noticed without a client's help.
    public func check() async throws(DirectoryError) {
        _ = try await read { try Int.fetchOne($0, sql: "SELECT 1") }
        guard commits.hasFailed else { return }
        try await write { database in
            let mark = Int.random(in: 1...Int(Int32.max))
            try database.execute(sql: "PRAGMA user_version = \(mark)")
            return Change(result: (), events: [])
        }
    }

    /// Closes the file and lets another gateway have the directory. Nothing works after this.
    public func close() {
        try? pool.close()
        directory.release()
    }

    /// How many records there are.
    public func recordCount() async throws(DirectoryError) -> Int {
        try await read { try Int.fetchOne($0, sql: "SELECT count(*) FROM record") ?? 0 }
    }
}

/// What a change came to, and what is to be told of it once it is durable.
struct Change<T: Sendable>: Sendable {
    let result: T
    let events: [EventDraft]
}
