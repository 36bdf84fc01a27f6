internal import Dispatch
public import Events
internal import GRDB
internal import Synchronization
internal import Text

/// The one SQLite file in which everything is kept, in WAL mode: reads never wait for writes, and
/// what is acknowledged is on the disk.
///
/// There are three kinds of read, each with connections of its own, so that none waits for another:
/// of single records, of many (which may be slow and are given up after `queryTime`), and of what
/// health and metrics need.
public final class Store: Sendable {
    /// The connections.
    private struct Connections: Sendable {
        let pool: DatabasePool
        let scans: DatabasePool
        let probes: DatabaseQueue
        let commits: CommitQueue
    }

    private let path: String
    /// nil when the file is too damaged to be opened.
    private let connections: Connections?
    private let directory: DataDirectory
    private let queryTime: Duration
    /// What was wrong with the file at the start.
    private let startFault: String?
    /// Why nothing is written; nil when all is well.
    public var fault: String? {
        startFault
            ?? connections?.commits.damage.map {
                "the store is damaged (\($0.clipped(to: 300))): look at it with 'dir-gateway check', and restore it from a backup; until then nothing is written"
            }
    }
    private let lastCheck = Mutex<(at: ContinuousClock.Instant, fault: DirectoryError?)?>(nil)

    /// Opens the store and brings its schema up to date. A store that is damaged is opened for
    /// reading only: `fault` says why.
    /// - Parameters:
    ///   - path: the data directory; made if it is not there.
    ///   - events: gets the events of every change, in the order in which the changes were made.
    ///   - now: microseconds since 1970: the time of events, and with their ids.
    ///   - queryTime: how long a read of many records may take.
    ///   - commitTook: told how long each commit took.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public init(
        path: String, events: any EventSink, now: @escaping @Sendable () -> Int64,
        queryTime: Duration = .seconds(2),
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
                "the store is damaged (\(reason.clipped(to: 300))): restore \(file) from a backup, or look at it with 'dir-gateway check'; until then nothing is written"
        }
        do {
            connections = try Self.open(file, isDamaged: !startFault.isNil) {
                CommitQueue(
                    pool: $0, events: events, sequence: EventSequence(after: $1, now: now),
                    commitTook: commitTook)
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
        _ file: String, isDamaged: Bool, commits: (DatabasePool, Int64) -> CommitQueue
    ) throws -> Connections {
        var configuration = isDamaged ? StoreFile.readOnly : Configuration()
        // Another process may hold the lock for a moment: a backup, a shell.
        configuration.busyMode = .timeout(2)
        configuration.maximumReaderCount = 4
        let pool = try DatabasePool(path: file, configuration: configuration)
        if !isDamaged { try prepare(pool) }
        // One that is damaged writes nothing: then the clock alone has to do.
        let reserved =
            isDamaged
            ? (try? pool.read(EventSequence.reservation)) ?? 0
            : try pool.read(EventSequence.reservation)
        var scanning = StoreFile.readOnly
        scanning.maximumReaderCount = 2
        return Connections(
            pool: pool, scans: try DatabasePool(path: file, configuration: scanning),
            probes: try DatabaseQueue(path: file, configuration: StoreFile.readOnly),
            commits: commits(pool, reserved))
    }

    /// Checks that changes are taken at all.
    /// - Throws: `DirectoryError.storeUnavailable` when the store is damaged.
    func checkWritable() throws(DirectoryError) {
        if let fault { throw .storeUnavailable(fault) }
    }

    private func open() throws(DirectoryError) -> Connections {
        if let connections { return connections }
        throw .storeUnavailable(fault ?? "the store is closed")
    }

    private static func prepare(_ pool: DatabasePool) throws {
        try pool.writeWithoutTransaction { database in
            // A commit returns when the disk has it, not only the system: otherwise the last ones
            // would be lost with the power. Only now, because opening in WAL mode sets NORMAL.
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

    /// Makes a change; returns when it is durable and its events have been published.
    func write<T: Sendable>(
        _ change: @escaping @Sendable (Database) throws -> Change<T>
    ) async throws(DirectoryError) -> T {
        if let fault { throw .storeUnavailable(fault) }
        return try await open().commits.submit(change)
    }

    /// Publishes events of what changes nothing, in one order with those of the changes.
    func announce(_ drafts: [EventDraft]) async { await connections?.commits.announce(drafts) }

    /// Reads a consistent snapshot; for reads that find what they want by an index.
    /// - Parameter cid: the record that is read, if it is one: it is named when it is damaged.
    func read<T: Sendable>(
        of cid: String? = nil, _ query: @escaping @Sendable (Database) throws -> T
    ) async throws(DirectoryError) -> T {
        let pool = try open().pool
        do { return try await pool.read(query) } catch { throw readError(error, cid) }
    }

    /// Reads a consistent snapshot; for reads that look at many rows. They are given up when they
    /// take too long, and when the task is cancelled.
    func scan<T: Sendable>(
        _ query: @escaping @Sendable (Database) throws -> T
    ) async throws(DirectoryError) -> T {
        let (scans, limit) = (try open().scans, queryTime)
        let result: Result<T, any Error>? = await withTaskGroup { group in
            group.addTask { await Self.result { try await scans.read(query) } }
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

    private func readError(_ error: any Error, _ cid: String?) -> DirectoryError {
        switch error {
        // What is missing in a damaged store may well have been stored.
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

    /// Tells whether the store works: it reads, and it writes a page of the database and a file. A
    /// disk that is full or was cleared is noticed without a client's help. Asked more than once a
    /// second it repeats itself.
    public func check() async throws(DirectoryError) {
        if let fault { throw .storeUnavailable(fault) }
        let known = lastCheck.withLock { $0 }
        if let known, ContinuousClock.now - known.at < .seconds(1) {
            if let fault = known.fault { throw fault }
            return
        }
        var found: DirectoryError?
        do { try await tryOut() } catch { found = error }
        lastCheck.withLock { $0 = (.now, found) }
        if let found { throw found }
    }

    private func tryOut() async throws(DirectoryError) {
        _ = try await probe { try Int.fetchOne($0, sql: "SELECT 1") }
        let directory = directory
        try await open().commits.submit(isTrial: true) { database in
            try directory.tryOut()
            let mark = Int.random(in: 1...Int(Int32.max))
            try database.execute(sql: "PRAGMA user_version = \(mark)")
            return Change(result: (), events: [])
        }
    }

    /// Returns how many records there are.
    public func recordCount() async throws(DirectoryError) -> Int {
        try await probe { try Int.fetchOne($0, sql: "SELECT count(*) FROM record") ?? 0 }
    }

    private func probe<T: Sendable>(_ query: @escaping @Sendable (Database) throws -> T)
        async throws(DirectoryError) -> T
    {
        let probes = try open().probes
        do { return try await probes.read(query) } catch { throw readError(error, nil) }
    }

    /// Gives up all reads that are going on: they fail with `DirectoryError.cancelled`.
    public func interruptReads() { connections?.scans.interrupt() }

    /// Closes the file and lets another gateway have the directory. Nothing works after this.
    ///
    /// What is in the write-ahead log moves to the file: a copy of the file alone is a backup.
    public func close() {
        if let connections {
            connections.scans.interrupt()
            try? connections.scans.close()
            try? connections.probes.close()
            connections.commits.finish()
            try? connections.pool.close()
        }
        directory.release()
    }

    /// Checks a store that no gateway uses, thoroughly.
    /// - Parameter path: the data directory.
    /// - Returns: what is wrong; nil when it is whole.
    /// - Throws: `DirectoryError.storeUnavailable` when there is no store, it is not ours, or it is in
    ///   use.
    public static func check(path: String) throws(DirectoryError) -> String? {
        let directory = try DataDirectory(path: path, mustExist: true)
        defer { directory.release() }
        let file = "\(path)/\(StoreFile.name)"
        if case .damaged(let reason) = try StoreFile.inspect(file, held: directory.heldStore) {
            return reason
        }
        do {
            let queue = try DatabaseQueue(path: file, configuration: StoreFile.readOnly)
            defer { try? queue.close() }
            return try StoreFile.check(queue, within: nil) ?? StoreFile.wrongRecords(queue)
        } catch {
            throw .storeUnavailable("\(file) cannot be opened: \(error)")
        }
    }
}

/// The result of a change, and what is to be published once it is durable.
struct Change<T: Sendable>: Sendable {
    let result: T
    let events: [EventDraft]
    /// Further events, made one list after the other when the change is durable; before the next
    /// change is made.
    var later: [@Sendable (Database) -> [EventDraft]] = []
}
