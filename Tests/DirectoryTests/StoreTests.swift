import Events
import Foundation
import GRDB
import Testing
import Text

@testable import Directory

private struct Silence: EventSink {
    func emit(_ drafts: [EventDraft]) {}
}

@Suite struct StoreTests {
    private func store() throws -> Store {
        try Store(
            path: NSTemporaryDirectory() + "store-\(UUID().uuidString)", events: Silence())
    }

    /// GRDB sets NORMAL when it opens in WAL mode; kill -9 cannot tell the difference, power can.
    @Test func `a commit waits for the disk`() async throws {
        let level = try await store().write { database in
            Change(result: try Int.fetchOne(database, sql: "PRAGMA synchronous"), events: [])
        }
        #expect(level == 2)
    }

    @Test func `a change refused half-way leaves nothing behind, and those beside it stand`()
        async throws
    {
        let store = try store()
        try await store.write { database in
            try database.execute(sql: "CREATE TABLE mark (number INTEGER)")
            return Change(result: (), events: [])
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
                            return Change(result: (), events: [])
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
                            return Change(result: (), events: [])
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
