import Directory
import Events
import Foundation
import GRDB
import Synchronization
import Testing

@Suite struct TokenStoreTests {
    private let path = NSTemporaryDirectory() + "tokens-\(UUID().uuidString)"
    private static let day: Int64 = 86_400 * 1_000_000

    private func new(
        _ name: String, filter: EventFilter? = nil, expiresAt: Int64? = nil
    ) -> NewToken {
        NewToken(
            name: name, hash: (0..<32).map { _ in .random(in: 0...255) },
            scopes: ["events:read", "admin"], filter: filter, expiresAt: expiresAt)
    }

    private func gateway() throws -> Store {
        try Store(path: path, events: Silence(), now: { 0 })
    }

    @Test func `a token is stored before the first start, and a gateway then has it`() async throws
    {
        let filter = EventFilter(
            types: [.syncFailed], labels: ["/a", "b,c\u{0}\u{2028}"], cids: ["x"])
        let tokens = try TokenStore(path: path)
        let made = try tokens.create(new("ci", filter: filter, expiresAt: 9), at: 5)
        #expect(made.id == 1)
        tokens.close()
        let store = try gateway()
        let found = try #require(try await store.tokens().first)
        #expect(found.name == "ci")
        #expect(found.hash == made.hash)
        #expect(found.scopes == ["events:read", "admin"])
        #expect(found.filter == filter)
        #expect(found.createdAt == 5 && found.expiresAt == 9)
        #expect(found.revokedAt == nil && found.lastUsedAt == nil)
        store.close()
    }

    @Test func `it works beside a gateway that uses the store`() async throws {
        let store = try gateway()
        let tokens = try TokenStore(path: path)
        let (a, b) = (try tokens.create(new("a"), at: 1), try tokens.create(new("b"), at: 2))
        #expect(try tokens.revoke(a.id, at: 3))
        #expect(try tokens.revoke(a.id, at: 4), "again is no error, and changes nothing")
        #expect(!(try tokens.revoke(99, at: 3)))
        try await store.recordUse(ofTokens: [b.id, 99], at: 7)
        let all = try tokens.tokens()
        #expect(all.map(\.name) == ["a", "b"])
        #expect(all.map(\.revokedAt) == [3, nil])
        #expect(all.map(\.lastUsedAt) == [nil, 7])
        tokens.close()
        store.close()
    }

    @Test func `a token that ended long ago leaves the list, and its number is not used again`()
        throws
    {
        let tokens = try TokenStore(path: path)
        let old = try tokens.create(new("old", expiresAt: Self.day), at: 0)
        _ = try tokens.create(new("kept"), at: 0)
        let revoked = try tokens.create(new("revoked"), at: 0)
        _ = try tokens.revoke(revoked.id, at: 0)
        _ = try tokens.create(new("next"), at: 90 * Self.day)
        #expect(try tokens.tokens().map(\.name) == ["old", "kept", "revoked", "next"])
        let last = try tokens.create(new("last"), at: 91 * Self.day + 1)
        #expect(try tokens.tokens().map(\.name) == ["kept", "next", "last"])
        #expect(last.id > old.id + 3)
        tokens.close()
    }

    @Test func `a row that cannot be read allows nothing, and does not hide the others`()
        async throws
    {
        let tokens = try TokenStore(path: path)
        _ = try tokens.create(new("broken", filter: EventFilter(labels: ["x"])), at: 0)
        _ = try tokens.create(new("good"), at: 0)
        tokens.close()
        try await sqlite("UPDATE token SET filter = '{\"label\":[\"x\"]}' WHERE id = 1")
        let again = try TokenStore(path: path)
        #expect(try again.tokens().map(\.name) == ["good"])
        again.close()
    }

    private func sqlite(_ statement: String) async throws {
        let queue = try DatabaseQueue(path: "\(path)/directory.sqlite")
        try await queue.write { try $0.execute(sql: statement) }
        try queue.close()
    }
}

@Suite struct TokenWatchTests {
    /// What a watch has reported.
    private final class Reports: Sendable {
        private let lists = Mutex<[[String]]>([])
        func add(_ tokens: [StoredToken]) {
            lists.withLock {
                $0.append(tokens.map { "\($0.name)\($0.revokedAt == nil ? "" : "!")" })
            }
        }
        var all: [[String]] { lists.withLock { $0 } }
    }

    private let path = NSTemporaryDirectory() + "watch-\(UUID().uuidString)"

    private func new(_ name: String) -> NewToken {
        NewToken(
            name: name, hash: (0..<32).map { _ in .random(in: 0...255) }, scopes: [], filter: nil,
            expiresAt: nil)
    }

    @Test func `changes of another process are noticed within a second, by themselves`()
        async throws
    {
        let store = try Store(path: path, events: Silence(), now: { 0 })
        let reports = Reports()
        let watch = try TokenWatch(path: path, changed: reports.add)
        #expect(reports.all == [[]], "all tokens at the start")
        let tokens = try TokenStore(path: path)
        let made = try tokens.create(new("a"), at: 1)
        let deadline = ContinuousClock.now + .seconds(10)
        let start = ContinuousClock.now
        while reports.all.count < 2, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(
            ContinuousClock.now - start < .seconds(5), "one second on a machine that is not busy")
        _ = try tokens.revoke(made.id, at: 2)
        watch.check()
        #expect(reports.all == [[], ["a"], ["a!"]])
        watch.stop()
        tokens.close()
        store.close()
    }

    @Test func `other changes of the store, and the use of tokens, are not reported`() async throws
    {
        let store = try Store(path: path, events: Silence(), now: { 0 })
        let reports = Reports()
        let watch = try TokenWatch(path: path, interval: .seconds(3600), changed: reports.add)
        let tokens = try TokenStore(path: path)
        let made = try tokens.create(new("a"), at: 1)
        watch.check()
        for time in 1...5 {
            try await store.recordUse(ofTokens: [made.id], at: Int64(time))
            try await store.check()
            watch.check()
        }
        #expect(reports.all == [[], ["a"]])
        watch.stop()
        _ = try tokens.create(new("b"), at: 1)
        watch.check()
        #expect(reports.all.count == 2, "nothing after the end")
        tokens.close()
        store.close()
    }

    @Test func `without a store there is nothing to watch`() {
        #expect(throws: DirectoryError.self) { try TokenWatch(path: path) { _ in } }
    }
}
