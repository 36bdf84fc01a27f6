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
        let errors = await errors(of: store) { number, database in
            try database.execute(sql: "INSERT INTO mark VALUES (?)", arguments: [number])
            if number % 10 == 0 { throw DirectoryError.notFound(["\(number)"]) }
        }
        #expect(Set(errors.keys) == tens)
        for (number, error) in errors { #expect(error == .notFound(["\(number)"])) }
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
        let errors = await errors(of: store) { number, database in
            try database.execute(
                sql: number % 10 == 0 ? "NONSENSE" : "PRAGMA user_version = 1")
        }
        #expect(Set(errors.keys) == tens)
    }

    private let tens = Set(stride(from: 0, to: 100, by: 10))

    /// Makes the changes 0 to 99 at the same time.
    /// - Returns: the errors of those that failed.
    private func errors(
        of store: Store, _ change: @escaping @Sendable (Int, Database) throws -> Void
    ) async -> [Int: DirectoryError] {
        await withTaskGroup(of: (Int, DirectoryError)?.self) { group in
            for number in 0..<100 {
                group.addTask {
                    do throws(DirectoryError) {
                        try await store.write { database in
                            try change(number, database)
                            return Applied(result: (), events: [])
                        }
                        return nil
                    } catch { return (number, error) }
                }
            }
            var errors: [Int: DirectoryError] = [:]
            for await case (let number, let error)? in group { errors[number] = error }
            return errors
        }
    }
}
