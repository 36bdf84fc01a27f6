internal import Synchronization

/// All opaque tokens that the gateway knows, by their hashes. A look-up costs one hash and never waits
/// for the store. Safe to use from any thread.
public final class TokenBook: Sendable {
    private final class Entry: Sendable {
        let grant: TokenGrant
        /// Whether it was used since `takeUsed`.
        let isUsed = Atomic(false)

        init(_ grant: TokenGrant) { self.grant = grant }
    }

    private struct Tables {
        /// By a part of the hash. The candidates are compared in constant time.
        var byHash: [UInt64: [Entry]] = [:]
        var byID: [TokenID: Entry] = [:]
    }

    private struct State {
        var fixed: Tables
        var stored = Tables()
    }

    private let state: Mutex<State>

    /// Makes a book.
    /// - Parameter fixed: the tokens of the settings.
    public init(fixed: [TokenGrant] = []) {
        state = Mutex(State(fixed: Self.tables(fixed)))
    }

    /// Replaces the tokens of the settings; those of the store stay.
    public func replaceFixed(_ grants: [TokenGrant]) {
        replace(grants) { swap(&$0.fixed, &$1) }
    }

    /// Replaces the tokens of the store; those of the settings stay.
    public func replaceStored(_ grants: [TokenGrant]) {
        replace(grants) { swap(&$0.stored, &$1) }
    }

    /// Makes the new tables and releases the old ones outside of the lock: requests wait for it.
    private func replace(_ grants: [TokenGrant], _ exchange: (inout State, inout Tables) -> Void) {
        let new = Self.tables(grants)
        let old = state.withLock { state in
            var tables = new
            exchange(&state, &tables)
            return tables
        }
        for entry in old.byID.values where entry.isUsed.load(ordering: .relaxed) {
            new.byID[entry.grant.id]?.isUsed.store(true, ordering: .relaxed)
        }
    }

    /// Returns the token of a hash; nil when there is none.
    func grant(_ hash: TokenHash) -> TokenGrant? {
        let candidates = state.withLock { state in
            (state.fixed.byHash[hash.key] ?? []) + (state.stored.byHash[hash.key] ?? [])
        }
        var found: Entry?
        for entry in candidates where entry.grant.hash.equals(hash) { found = entry }
        if let found, !found.isUsed.load(ordering: .relaxed) {
            found.isUsed.store(true, ordering: .relaxed)
        }
        return found?.grant
    }

    /// Returns why a token must no longer be used; nil when it may.
    /// - Parameter now: microseconds since 1970.
    func end(of id: TokenID, at now: Int64) -> AccessEnd? {
        let entry = state.withLock { $0.fixed.byID[id] ?? $0.stored.byID[id] }
        guard let entry else { return .revoked }
        return entry.grant.end(at: now)
    }

    /// Returns the numbers of the stored tokens that were used since the last call: their time of use
    /// is recorded now and then, not for each request.
    public func takeUsed() -> [Int64] {
        state.withLock { $0.stored.byID.values }.compactMap { entry in
            guard entry.isUsed.exchange(false, ordering: .relaxed),
                case .stored(let number) = entry.grant.id
            else { return nil }
            return number
        }
    }

    private static func tables(_ grants: [TokenGrant]) -> Tables {
        var tables = Tables()
        for grant in grants {
            let entry = Entry(grant)
            tables.byHash[entry.grant.hash.key, default: []].append(entry)
            tables.byID[entry.grant.id] = entry
        }
        return tables
    }
}
