internal import GRDB
internal import Glibc
internal import Synchronization

/// What health and metrics ask of a store.
extension Store {
    /// Checks the store: reads, and writes a page of the database and a file. So a full disk is
    /// found before a client writes. A second call within a second returns the same result.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public func check() async throws(DirectoryError) {
        if let fault { throw .storeUnavailable(fault) }
        let known = lastCheck.withLock { $0 }
        if let known, ContinuousClock.now - known.at < .seconds(1) {
            if let fault = known.fault { throw fault }
            return
        }
        var found: DirectoryError?
        do { try await readAndWrite() } catch { found = error }
        lastCheck.withLock { $0 = (.now, found) }
        if let found { throw found }
    }

    private func readAndWrite() async throws(DirectoryError) {
        _ = try await probe { try Int.fetchOne($0, sql: "SELECT 1") }
        let directory = directory
        try await open().commits.submit(isTrial: true) { database in
            try directory.checkSpace()
            let mark = Int.random(in: 1...Int(Int32.max))
            try database.execute(sql: "PRAGMA user_version = \(mark)")
            return Applied(result: (), events: [])
        }
    }

    /// Figures of a store.
    public struct Figures: Sendable {
        /// The number of stored records, and of those that are published and signed.
        public var records = 0, published = 0, signed = 0
        /// The number of signatures.
        public var signatures = 0
        /// The size of the database file and of its write-ahead log, bytes.
        public var fileBytes = 0, logBytes = 0

        /// Makes figures of nothing.
        public init() {}
    }

    /// Counts what is stored.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public func figures() async throws(DirectoryError) -> Figures {
        var figures = try await probe { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT (SELECT count(*) FROM record), (SELECT count(*) FROM publication),
                        (SELECT count(DISTINCT record_id) FROM signature),
                        (SELECT count(*) FROM signature)
                    """)
            var figures = Figures()
            guard let row else { return figures }
            figures.records = try row.decode(atIndex: 0)
            figures.published = try row.decode(atIndex: 1)
            figures.signed = try row.decode(atIndex: 2)
            figures.signatures = try row.decode(atIndex: 3)
            return figures
        }
        (figures.fileBytes, figures.logBytes) = await Self.sizes("\(path)/\(StoreFile.name)")
        return figures
    }

    @concurrent
    private static func sizes(_ file: String) async -> (Int, Int) {
        (size(file), size(file + "-wal"))
    }

    private static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    private func probe<T: Sendable>(_ query: @escaping @Sendable (Database) throws -> T)
        async throws(DirectoryError) -> T
    {
        let probes = try open().probes
        do { return try await probes.read(query) } catch { throw readError(error, nil) }
    }

    /// Adds all records to the index of words now, without waiting for the background. Blocks.
    func indexWordsNow() throws { try open().commits.indexNow() }
}
