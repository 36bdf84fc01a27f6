import GRDB
import Testing

@testable import Directory

@Suite struct StoreTests {
    private func store() throws -> Store {
        try Store(path: temporaryPath("store"), events: Silence(), now: { 0 })
    }

    /// GRDB sets NORMAL when it opens in WAL mode; kill -9 cannot tell the difference, power can.
    @Test func `a commit waits for the disk`() async throws {
        let level = try await store().write { database in
            Applied(result: try Int.fetchOne(database, sql: "PRAGMA synchronous"), events: [])
        }
        #expect(level == 2)
    }

    @Test func `a change refused half-way leaves nothing behind, and those beside it stand`()
        async throws
    {
        let store = try store()
        try await store.write { database in
            try database.execute(sql: "CREATE TABLE mark (number INTEGER)")
            return Applied(result: (), events: [])
        }
        try await withThrowingTaskGroup { group in
            for number in 0..<100 {
                group.addTask {
                    let isRefused = number % 10 == 0
                    do {
                        try await store.write { database in
                            try database.execute(
                                sql: "INSERT INTO mark VALUES (?)", arguments: [number])
                            if isRefused { throw DirectoryError.notFound(["\(number)"]) }
                            return Applied(result: (), events: [])
                        }
                        #expect(!isRefused)
                    } catch DirectoryError.notFound(let cids) {
                        #expect(isRefused && cids == ["\(number)"])
                    }
                }
            }
            try await group.waitForAll()
        }
        let kept = try await store.read {
            try Int.fetchAll($0, sql: "SELECT number FROM mark ORDER BY number")
        }
        #expect(kept == (0..<100).filter { $0 % 10 != 0 })
    }

    /// Each waits two seconds for the lock, all that wait together wait once.
    @Test(.timeLimit(.minutes(1)))
    func `changes that meet a lock of another process wait for it together`() async throws {
        let path = temporaryPath("store")
        let store = try Store(path: path, events: Silence(), now: { 0 })
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(
            path: "\(path)/directory.sqlite", configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let refused = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<60 {
                group.addTask {
                    do {
                        try await store.write { _ in Applied(result: (), events: []) }
                        return false
                    } catch { return true }
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(refused == 60)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await store.write { _ in Applied(result: (), events: []) }
    }

    @Test func `a change that breaks the commit fails alone`() async throws {
        let store = try store()
        try await withThrowingTaskGroup { group in
            for number in 0..<100 {
                group.addTask {
                    let isBroken = number % 10 == 0
                    do {
                        try await store.write { database in
                            try database.execute(
                                sql: isBroken ? "NONSENSE" : "PRAGMA user_version = 1")
                            return Applied(result: (), events: [])
                        }
                        #expect(!isBroken)
                    } catch is DirectoryError {
                        #expect(isBroken, "change \(number)")
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
