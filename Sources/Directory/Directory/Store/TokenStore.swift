internal import GRDB

/// The access tokens of a data directory, for a process beside the gateway: the command line. Works while
/// a gateway uses the store, and before the first one does. Every call blocks the thread.
public final class TokenStore: Sendable {
    private let pool: DatabasePool
    /// Held unless a gateway uses the directory.
    private let directory: DataDirectory?

    /// Opens the store; makes it if there is none.
    /// - Parameter path: the data directory.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public init(path: String) throws(DirectoryError) {
        let file = "\(path)/\(StoreFile.name)"
        directory = try DataDirectory.lockedIfFree(path: path)
        if let directory {
            if case .damaged(let reason) = try StoreFile.inspect(file, held: directory.heldStore) {
                throw .storeUnavailable(
                    "the store is damaged (\(reason)): restore it from a backup")
            }
        }
        let isFree = directory != nil
        if isFree { FileModes.protect(file) }
        pool = try Self.attempt {
            var configuration = Configuration()
            configuration.busyMode = .timeout(5)
            let pool = try DatabasePool(path: file, configuration: configuration)
            if isFree {
                try Store.prepare(pool)
            } else {
                try Self.check(pool, path)
            }
            return pool
        }
        directory?.markStore()
    }

    /// Stores a token.
    /// - Parameter time: microseconds since 1970.
    /// - Throws: `DirectoryError.storeUnavailable`, or `.busy` when there are too many tokens.
    public func create(_ new: NewToken, at time: Int64) throws(DirectoryError) -> StoredToken {
        let pool = pool
        return try Self.attempt { try pool.write { try TokenTable.insert(new, at: time, $0) } }
    }

    /// Returns all tokens, those that have ended too.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public func tokens() throws(DirectoryError) -> [StoredToken] {
        let pool = pool
        return try Self.attempt { try pool.read { try TokenTable.all($0) } }
    }

    /// Revokes a token.
    /// - Parameter time: microseconds since 1970.
    /// - Returns: false when there is no token with this number.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public func revoke(_ id: Int64, at time: Int64) throws(DirectoryError) -> Bool {
        let pool = pool
        return try Self.attempt { try pool.write { try TokenTable.revoke(id, at: time, $0) } }
    }

    /// Closes the store. No other call works after this.
    public func close() {
        try? pool.close()
        directory?.release()
    }

    /// Checks that the gateway which uses the store has the tables of tokens.
    private static func check(_ pool: DatabasePool, _ path: String) throws {
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            guard try database.tableExists("token_generation") else {
                throw DirectoryError.storeUnavailable(
                    "the gateway that uses \(path) has no tokens yet: restart it with this version")
            }
        }
    }

    private static func attempt<T>(_ body: () throws -> T) throws(DirectoryError)
        -> T
    {
        do { return try body() } catch let error as DirectoryError { throw error } catch {
            throw .storeUnavailable("the store cannot be used: \(error)")
        }
    }
}
