internal import GRDB
internal import Synchronization

/// Whether the store can be used, for health and metrics.
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

    /// Returns the number of stored records.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public func recordCount() async throws(DirectoryError) -> Int {
        try await probe { try Int.fetchOne($0, sql: "SELECT count(*) FROM record") ?? 0 }
    }

    private func probe<T: Sendable>(_ query: @escaping @Sendable (Database) throws -> T)
        async throws(DirectoryError) -> T
    {
        let probes = try open().probes
        do { return try await probes.read(query) } catch { throw readError(error, nil) }
    }
}
