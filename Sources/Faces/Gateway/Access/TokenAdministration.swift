internal import Authentication
internal import Directory
internal import Events
internal import Text

/// Makes, lists and revokes the access tokens of a data directory, for the command line. A gateway that
/// uses the directory notices within a second. Every call blocks the thread.
public struct TokenAdministration: Sendable {
    /// What a new token is to allow, as it was written.
    public struct Draft: Sendable {
        /// The name of the subject.
        public var subject: String
        /// The names of scopes.
        public var scopes: [String]
        /// Event types; if empty, every type.
        public var types: [String] = []
        /// Substrings of labels; if empty, all labels.
        public var labels: [String] = []
        /// Values of `resource_id`; if empty, all.
        public var cids: [String] = []
        /// A time such as `30d`, or a moment such as `2027-01-01T00:00:00Z`; nil for no end.
        public var expires: String?

        /// Makes a draft.
        public init(subject: String, scopes: [String]) {
            self.subject = subject
            self.scopes = scopes
        }
    }

    /// Why a token cannot be made.
    public struct Fault: Error, CustomStringConvertible {
        /// The reason and the remedy.
        public let description: String
    }

    /// A token, as the list shows it.
    public struct Entry: Sendable {
        /// The number, for `token revoke`.
        public let id: Int64
        /// The name of the subject.
        public let subject: String
        /// The names of its scopes.
        public let scopes: [String]
        /// Its event filter as JSON; empty when it allows every event.
        public let filter: String
        /// When it was made, RFC 3339.
        public let created: String
        /// When it ends, RFC 3339; empty when it does not.
        public let expires: String
        /// When it was used last, RFC 3339, to within some minutes; empty when it was not.
        public let lastUsed: String
        /// `active`, `expired` or `revoked`.
        public let state: String
    }

    private let store: TokenStore

    /// Opens the store of a data directory; makes it if there is none.
    /// - Throws: an error with the reason.
    public init(dataDirectory: String) throws { store = try TokenStore(path: dataDirectory) }

    /// Makes a token.
    /// - Parameter now: microseconds since 1970.
    /// - Returns: the token, which nothing shows again, and its entry.
    /// - Throws: `Fault`, or an error of the store.
    public func create(_ draft: Draft, now: Int64) throws -> (token: String, entry: Entry) {
        if let fault = TokenGrant.fault(inName: draft.subject) { throw Fault(description: fault) }
        guard !draft.scopes.isEmpty else {
            throw Fault(
                description:
                    "--scopes needs some of \(Scope.allCases.map(\.name).joined(separator: ", "))")
        }
        let scopes = try ScopeSet(names: draft.scopes)
        let token = OpaqueToken()
        let stored = try store.create(
            NewToken(
                name: draft.subject, hash: token.hash.bytes, scopes: scopes.names,
                filter: try Self.filter(draft),
                expiresAt: try draft.expires.map { try Self.expiry($0, now) }), at: now)
        return (token.text, Entry(stored, now))
    }

    /// Returns all tokens, in the order in which they were made.
    /// - Parameter now: microseconds since 1970.
    public func entries(now: Int64) throws -> [Entry] {
        try store.tokens().map { Entry($0, now) }
    }

    /// Revokes a token.
    /// - Parameter now: microseconds since 1970.
    /// - Returns: false when there is no token with this number.
    public func revoke(_ id: Int64, now: Int64) throws -> Bool { try store.revoke(id, at: now) }

    /// Closes the store.
    public func close() { store.close() }

    private static func filter(_ draft: Draft) throws -> EventFilter? {
        let lists = [draft.types, draft.labels, draft.cids].map { $0.isEmpty ? nil : $0 }
        guard lists.contains(where: { $0 != nil }) else { return nil }
        do {
            return try EventFilter(
                restrictingTypes: lists[0], labels: lists[1], cids: lists[2])
        } catch {
            throw Fault(description: error.reason)
        }
    }

    private static func expiry(_ text: String, _ now: Int64) throws -> Int64 {
        if let moment = Timestamp.parse(text) {
            guard moment > now else { throw Fault(description: "\(text) is in the past") }
            return moment
        }
        let kind = SettingKey.Kind.duration(.seconds(1) ... .seconds(3660 * 86_400))
        guard case .duration(let time) = kind.read([text]) else {
            throw Fault(
                description:
                    "--expires needs a time such as 12h or 30d, up to 3660d, or a moment such as 2027-01-01T00:00:00Z"
            )
        }
        return now + Int64(time / .microseconds(1))
    }
}

extension TokenAdministration.Entry {
    init(_ token: StoredToken, _ now: Int64) {
        id = token.id
        subject = token.name
        scopes = token.scopes
        filter = token.filter.map { String(decoding: $0.restrictionJSON.line, as: UTF8.self) } ?? ""
        created = Timestamp.format(token.createdAt)
        expires = token.expiresAt.map(Timestamp.format) ?? ""
        lastUsed = token.lastUsedAt.map(Timestamp.format) ?? ""
        let hasExpired = token.expiresAt.map { $0 <= now } ?? false
        state = token.revokedAt != nil ? "revoked" : hasExpired ? "expired" : "active"
    }
}
