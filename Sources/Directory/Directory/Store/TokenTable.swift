public import Events
internal import FoundationEssentials
internal import GRDB
internal import Text

/// An access token as it is stored: its hash, and what it allows.
public struct StoredToken: Sendable {
    /// The number that identifies it. The number of a deleted token is not used again.
    public let id: Int64
    /// The name of its subject.
    public let name: String
    /// The SHA-256 of the token, 32 bytes.
    public let hash: [UInt8]
    /// The names of its scopes.
    public let scopes: [String]
    /// The only events that its holder may receive; nil allows every event.
    public let filter: EventFilter?
    /// When it was made, microseconds since 1970.
    public let createdAt: Int64
    /// When it ends, microseconds since 1970; nil when it does not.
    public let expiresAt: Int64?
    /// When it was revoked, microseconds since 1970; nil when it was not.
    public let revokedAt: Int64?
    /// When it was used last, microseconds since 1970, to within some minutes; nil when it was not.
    public let lastUsedAt: Int64?
}

/// A token to store.
public struct NewToken: Sendable {
    /// The name of its subject.
    public let name: String
    /// The SHA-256 of the token, 32 bytes.
    public let hash: [UInt8]
    /// The names of its scopes.
    public let scopes: [String]
    /// The only events that its holder may receive; nil allows every event.
    public let filter: EventFilter?
    /// When it ends, microseconds since 1970; nil when it does not.
    public let expiresAt: Int64?

    /// Makes a token to store.
    public init(
        name: String, hash: [UInt8], scopes: [String], filter: EventFilter?, expiresAt: Int64?
    ) {
        self.name = name
        self.hash = hash
        self.scopes = scopes
        self.filter = filter
        self.expiresAt = expiresAt
    }
}

/// The table of access tokens. Every call is inside a transaction of the caller.
enum TokenTable {
    /// The most tokens that are stored: a gateway holds all of them in memory.
    static let limit = 100_000
    /// How long a token that has ended stays in the list, in microseconds: 90 days.
    private static let keep: Int64 = 90 * 86_400 * 1_000_000

    /// Stores a token.
    /// - Parameter time: microseconds since 1970.
    /// - Throws: `DirectoryError.busy` when there are `limit` tokens.
    static func insert(_ new: NewToken, at time: Int64, _ database: Database) throws -> StoredToken
    {
        try database.execute(
            sql: "DELETE FROM token WHERE min(ifnull(expires_at, ?1), ifnull(revoked_at, ?1)) < ?2",
            arguments: [time, time - keep])
        let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM token") ?? 0
        guard count < limit else {
            throw DirectoryError.busy("there are \(count) tokens: revoke those that are not used")
        }
        let filter = new.filter.map { String(decoding: $0.restrictionJSON.line, as: UTF8.self) }
        try database.execute(
            sql: """
                INSERT INTO token (name, hash, scopes, filter, created_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                new.name, Data(new.hash), new.scopes.joined(separator: " "), filter, time,
                new.expiresAt,
            ])
        let id = database.lastInsertedRowID
        try recordChange(database)
        return StoredToken(
            id: id, name: new.name, hash: new.hash, scopes: new.scopes, filter: new.filter,
            createdAt: time, expiresAt: new.expiresAt, revokedAt: nil, lastUsedAt: nil)
    }

    /// Revokes a token.
    /// - Parameter time: microseconds since 1970.
    /// - Returns: false when there is no token with this number.
    static func revoke(_ id: Int64, at time: Int64, _ database: Database) throws -> Bool {
        try database.execute(
            sql: "UPDATE token SET revoked_at = ifnull(revoked_at, ?) WHERE id = ?",
            arguments: [time, id])
        guard database.changesCount > 0 else { return false }
        try recordChange(database)
        return true
    }

    /// Records when tokens were used. No gateway has to know that.
    /// - Parameter time: microseconds since 1970.
    static func recordUse(of ids: [Int64], at time: Int64, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE token SET last_used_at = ? WHERE id = ?")
        for id in ids { try statement.execute(arguments: [time, id]) }
    }

    /// Returns all tokens, in the order in which they were made. One whose row cannot be read is left
    /// out, so that it allows nothing.
    static func all(_ database: Database) throws -> [StoredToken] {
        try Row.fetchAll(database, sql: "SELECT * FROM token ORDER BY id").compactMap {
            try? token($0)
        }
    }

    /// Returns the number that rises with each change.
    static func generation(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT number FROM token_generation") ?? 0
    }

    private static func recordChange(_ database: Database) throws {
        try database.execute(sql: "UPDATE token_generation SET number = number + 1")
    }

    private static func token(_ row: Row) throws -> StoredToken {
        let filter: String? = try row.decode(forColumn: "filter")
        let scopes: String = try row.decode(forColumn: "scopes")
        let hash: Data = try row.decode(forColumn: "hash")
        return StoredToken(
            id: try row.decode(forColumn: "id"), name: try row.decode(forColumn: "name"),
            hash: [UInt8](hash), scopes: scopes.split(on: UInt8(ascii: " ")),
            filter: try filter.map {
                try EventFilter(restriction: JSONParser.parse(Array($0.utf8)))
            },
            createdAt: try row.decode(forColumn: "created_at"),
            expiresAt: try row.decode(forColumn: "expires_at"),
            revokedAt: try row.decode(forColumn: "revoked_at"),
            lastUsedAt: try row.decode(forColumn: "last_used_at"))
    }
}

extension Store {
    /// Returns all tokens, those that have ended too.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public func tokens() async throws(DirectoryError) -> [StoredToken] {
        try await read { try TokenTable.all($0) }
    }

    /// Records when tokens were used.
    /// - Parameter time: microseconds since 1970.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public func recordUse(ofTokens ids: [Int64], at time: Int64) async throws(DirectoryError) {
        guard !ids.isEmpty else { return }
        try await write { database in
            try TokenTable.recordUse(of: ids, at: time, database)
            return Applied(result: (), events: [])
        }
    }
}
