internal import Dispatch
public import Events
internal import GRDB
internal import Synchronization
internal import Text

/// The SQLite file with all data, in WAL mode: reads never wait for writes, and an acknowledged
/// change is on the disk.
///
/// There are four kinds of read, each with connections of its own, so that none waits for another:
/// reads of single records, scans of many records (stopped after `queryTime`), pages of the event
/// log (likewise), and probes for health and metrics. Safe to use from any thread.
public final class Store: Sendable {
    /// The connections.
    struct Connections: Sendable {
        let pool: DatabasePool
        let scans: DatabasePool
        let history: HistoryPool
        let probes: DatabaseQueue
        let commits: CommitQueue
    }

    let path: String
    /// nil when the file is too damaged to be opened.
    private let connections: Connections?
    let directory: DataDirectory
    private let queryTime: Duration
    /// The damage that was found at the start.
    private let startFault: String?
    /// Why the store is read-only; nil when it can be written.
    public var fault: String? {
        startFault
            ?? connections?.commits.damage.map {
                "the store is damaged (\($0.clipped(to: 300))): check it with 'dir-gateway check', and restore it from a backup; until then it is read-only"
            }
    }
    let lastCheck = Mutex<(at: ContinuousClock.Instant, fault: DirectoryError?)?>(nil)

    /// Opens the store and migrates its schema. A damaged store is opened read-only: `fault` says
    /// why. Blocks the thread.
    /// - Parameters:
    ///   - path: the data directory; created if it is missing.
    ///   - events: receives the events of every change, in the order of the changes.
    ///   - now: returns microseconds since 1970: the time of events and of their ids.
    ///   - history: what the event log keeps.
    ///   - queryTime: the longest time of a read of many records, and of a page of the event log.
    ///   - commitTook: receives the duration of each commit.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public init(
        path: String, events: any EventSink, now: @escaping @Sendable () -> Int64,
        history: EventLogPolicy = .off, queryTime: Duration = .seconds(2),
        commitTook: @escaping @Sendable (Duration) -> Void = { _ in }
    ) throws(DirectoryError) {
        self.path = path
        self.queryTime = queryTime
        directory = try DataDirectory(path: path)
        let file = "\(path)/\(StoreFile.name)"
        switch try StoreFile.inspect(file, held: directory.heldStore) {
        case .good: startFault = nil
        case .damaged(let reason):
            startFault =
                "the store is damaged (\(reason.clipped(to: 300))): restore \(file) from a backup, or check it with 'dir-gateway check'; until then it is read-only"
        }
        if startFault.isNil { FileModes.protect(file) }
        do {
            connections = try Self.open(file, isDamaged: !startFault.isNil, history, now) {
                CommitQueue(
                    pool: $0, events: events, sequence: EventSequence(after: $1, now: now),
                    log: $2, commitTook: commitTook)
            }
        } catch {
            guard !startFault.isNil else {
                throw .storeUnavailable("the store in \(path) cannot be opened: \(error)")
            }
            connections = nil
        }
        if startFault.isNil { directory.markStore() }
    }

    private static func open(
        _ file: String, isDamaged: Bool, _ history: EventLogPolicy,
        _ now: @escaping @Sendable () -> Int64,
        commits: (DatabasePool, Int64, EventLogWriter) -> CommitQueue
    ) throws -> Connections {
        var configuration = isDamaged ? StoreFile.readOnly : Configuration()
        // Another process may hold the lock for a short time: a backup, a shell.
        configuration.busyMode = .timeout(2)
        configuration.maximumReaderCount = 4
        let pool = try DatabasePool(path: file, configuration: configuration)
        if !isDamaged { try prepare(pool) }
        // One that is damaged writes nothing: then the clock alone has to do.
        let reserved =
            isDamaged
            ? (try? pool.read(EventSequence.reservation)) ?? 0
            : try pool.read(EventSequence.reservation)
        let log =
            isDamaged
            ? EventLogWriter()
            : try pool.write {
                try EventLogWriter(
                    history, isNeeded: try WebhookTable.exist($0), now: now,
                    isNew: reserved == 0, $0)
            }
        var scanning = StoreFile.readOnly
        scanning.maximumReaderCount = 2
        scanning.prepareDatabase { $0.add(function: SearchTable.hasWords) }
        return Connections(
            pool: pool, scans: try DatabasePool(path: file, configuration: scanning),
            history: HistoryPool(file, scanning),
            probes: try DatabaseQueue(path: file, configuration: StoreFile.readOnly),
            commits: commits(pool, reserved, log))
    }

    /// Checks that the store is not read-only.
    /// - Throws: `DirectoryError.storeUnavailable` when the store is damaged.
    func checkWritable() throws(DirectoryError) {
        if let fault { throw .storeUnavailable(fault) }
    }

    func open() throws(DirectoryError) -> Connections {
        if let connections { return connections }
        throw .storeUnavailable(fault ?? "the store is closed")
    }

    /// Makes commits durable, and migrates the schema.
    static func prepare(_ pool: DatabasePool) throws {
        try pool.writeWithoutTransaction { database in
            // A commit returns when the disk has it: otherwise a power failure would lose the last
            // commits. Set here, because opening in WAL mode sets NORMAL.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA journal_size_limit = \(64 << 20)")
        }
        try Schema.migrator.migrate(pool)
        try pool.writeWithoutTransaction { database in
            let id = try Int64.fetchOne(database, sql: "PRAGMA application_id")
            if id != Schema.applicationID {
                try database.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
            }
        }
    }

    /// Makes a change; returns when it is durable and its events are published.
    /// - Throws: the error of the change, or `DirectoryError.storeUnavailable`.
    func write<T: Sendable>(
        _ change: @escaping @Sendable (Database) throws -> Applied<T>
    ) async throws(DirectoryError) -> T {
        if let fault { throw .storeUnavailable(fault) }
        guard let answer = KeptAnswer.current else {
            return try await open().commits.submit(change)
        }
        let (result, isAnswered) = try await open().commits.submit { database in
            let applied = try change(database)
            let isAnswered = try answer.store(applied.result, database)
            return Applied(
                result: (applied.result, isAnswered), events: applied.events, bulk: applied.bulk)
        }
        if isAnswered { answer.recordCommit() }
        return result
    }

    /// Makes a change that concerns the event log too, and emits nothing.
    /// - Throws: the error of the change, or `DirectoryError.storeUnavailable`.
    func writeLogged<T: Sendable>(
        _ change: @escaping @Sendable (Database, inout EventLogWriter) throws -> T
    ) async throws(DirectoryError) -> T {
        if let fault { throw .storeUnavailable(fault) }
        return try await open().commits.submitLogged(change)
    }

    /// Publishes events of what changes nothing in this store, in one order with those of the changes.
    public func announce(_ drafts: [EventDraft]) async {
        await connections?.commits.announce(drafts)
    }

    /// Publishes events that were made elsewhere, with their ids and times, in one order with those
    /// of this store. Returns when they are published. Published twice, they are two events.
    public func relay(_ events: [Event]) async {
        guard !events.isEmpty else { return }
        await connections?.commits.relay(events)
    }

    /// The log of the published events, from which readers resume.
    public var eventLog: StoredEventLog {
        StoredEventLog(store: self, commits: connections?.commits)
    }

    /// Reads a consistent snapshot; for reads that use an index.
    /// - Parameter cid: the record that is read, if it is one record: the error for damage names
    ///   it.
    func read<T: Sendable>(
        of cid: String? = nil, _ query: @escaping @Sendable (Database) throws -> T
    ) async throws(DirectoryError) -> T {
        let pool = try open().pool
        do { return try await pool.read(query) } catch { throw readError(error, cid) }
    }

    /// Reads a consistent snapshot; for reads of many rows.
    /// - Throws: `DirectoryError.queryTimeout` after `queryTime`, `.cancelled` when the task is
    ///   cancelled.
    func scan<T: Sendable>(
        _ query: @escaping @Sendable (Database) throws -> T
    ) async throws(DirectoryError) -> T {
        try await limited(try open().scans, query)
    }

    /// Reads like `scan`, for something that can be left out.
    /// - Returns: nil when it takes longer than `limit`.
    func scan<T: Sendable>(
        within limit: Duration, _ query: @escaping @Sendable (Database) throws -> T
    ) async throws(DirectoryError) -> T? {
        do { return try await limited(try open().scans, within: limit, query) } catch {
            if case .queryTimeout = error { return nil }
            throw error
        }
    }

    /// Reads a consistent snapshot of the event log, within the limits of `scan`. nil when the log
    /// is off.
    func history<T: Sendable>(
        _ query: @escaping @Sendable (Database) throws -> T
    ) async throws(DirectoryError) -> T? {
        let connections = try open()
        guard connections.commits.isLogOn else { return nil }
        let pool: DatabasePool
        do { pool = try await connections.history.open() } catch { throw readError(error, nil) }
        return try await limited(pool, query)
    }

    private func limited<T: Sendable>(
        _ pool: DatabasePool, within time: Duration? = nil,
        _ query: @escaping @Sendable (Database) throws -> T
    ) async throws(DirectoryError) -> T {
        let limit = min(queryTime, time ?? queryTime)
        let result: Result<T, any Error>? = await withTaskGroup { group in
            group.addTask { await Self.result { try await pool.read(query) } }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        guard let result else {
            throw Task.isCancelled ? .cancelled : .queryTimeout(limit: limit)
        }
        do { return try result.get() } catch { throw readError(error, nil) }
    }

    private static func result<T: Sendable>(
        _ read: @Sendable () async throws -> T
    ) async -> Result<T, any Error>? {
        do { return .success(try await read()) } catch { return .failure(error) }
    }

    func readError(_ error: any Error, _ cid: String?) -> DirectoryError {
        switch error {
        // A record that is missing in a damaged store may have been stored.
        case let error as DirectoryError:
            if case .notFound = error, let fault { return .storeUnavailable(fault) }
            return error
        case is CancellationError: return .cancelled
        case let error as DatabaseError where error.isInterruptionError: return .cancelled
        case let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT:
            return cid.map { .damaged(cid: $0) }
                ?? .storeUnavailable("the store is damaged: \(error)")
        case is RowDecodingError:
            return cid.map { .damaged(cid: $0) } ?? .storeUnavailable("the store is damaged")
        default: return .storeUnavailable("the store cannot be read: \(error)")
        }
    }

    /// Stops all scans and reads of the event log: they fail with `DirectoryError.cancelled`.
    public func interruptReads() {
        connections?.scans.interrupt()
        connections?.history.interrupt()
    }

    /// Closes the file and releases the directory for another gateway. No other call works after
    /// this. Blocks the thread.
    ///
    /// The write-ahead log moves into the file, so that a copy of the file alone is a backup.
    public func close() {
        if let connections {
            interruptReads()
            try? connections.scans.close()
            connections.history.close()
            try? connections.probes.close()
            connections.commits.finish()
            try? connections.pool.close()
        }
        directory.release()
    }
}
