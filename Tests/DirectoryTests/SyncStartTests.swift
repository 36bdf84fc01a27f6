import Directory
import Events
import Foundation
import TestSupport
import Testing

/// A remote that does not respond: a sync from it goes on until it is interrupted.
private struct SilentRemote: RemoteConnector {
    func check(_ url: String) async throws(RemoteError) -> String { url }

    func connect(_ url: String) async throws(RemoteError) -> any RemoteDirectory {
        try? await Task.sleep(for: .seconds(600))
        throw RemoteError(.unavailable(retryAfter: nil), "cancelled")
    }
}

/// What becomes of syncs that were running when the process ended.
@Suite struct SyncStartTests {
    private let path = temporaryPath("starts")

    /// Starts a Directory on the data of the one before.
    private func start(_ policy: SyncPolicy = SyncPolicy()) throws -> (
        store: Store, operations: Operations, events: Recorder
    ) {
        let events = Recorder()
        let store = try Store(path: path, events: events, now: { 1_700_000_000_000_000 })
        let operations = Operations(
            store, in: path, events: events, at: 1_700_000_000_000_000, remotes: SilentRemote(),
            syncPolicy: policy)
        return (store, operations, events)
    }

    /// Begins a sync, or goes on with the one of the start before; it runs when this returns.
    private func run(_ known: String?, _ operations: Operations) async throws -> String {
        let id: String
        if let known {
            id = known
            try await operations.syncs.resume()
        } else {
            id = try await operations.syncs.create("http://remote.example.org", cids: [])
        }
        try await until { try await operations.syncs.status(id).state == .inProgress }
        return id
    }

    @Test func `a sync that was running at three crashes in a row is given up`() async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        var id: String?
        for _ in 1...3 {
            let (store, operations, _) = try start()
            id = try await run(id, operations)
            // No orderly end: nothing is written down any more.
            store.close()
        }
        let (store, operations, events) = try start()
        try await operations.syncs.resume()
        let sync = try await operations.syncs.status(try #require(id))
        #expect(sync.state == .failed)
        #expect(sync.error?.contains("3 times in a row") == true)
        #expect(events.types == [.syncFailed])
        store.close()
    }

    @Test func `a sync that is interrupted in good order always goes on`() async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        var id: String?
        for _ in 1...6 {
            let (store, operations, _) = try start()
            id = try await run(id, operations)
            await operations.syncs.interrupt()
            try await until { await !operations.syncs.hasRunningSyncs }
            #expect(try await operations.syncs.status(id ?? "").state == .inProgress)
            store.close()
        }
    }

    @Test func `a sync that takes longer than it may ends as failed, also while it connects`()
        async throws
    {
        defer { try? FileManager.default.removeItem(atPath: path) }
        var policy = SyncPolicy()
        policy.timeLimit = .milliseconds(20)
        let (store, operations, events) = try start(policy)
        let id = try await operations.syncs.create("http://remote.example.org", cids: [])
        try await until { await !operations.syncs.hasRunningSyncs }
        let sync = try await operations.syncs.status(id)
        #expect(sync.state == .failed)
        #expect(sync.error?.contains("sync.time_limit") == true)
        #expect(events.types == [.syncCreated, .syncFailed])
        store.close()
    }

    @Test func `syncs are forgotten some time after their end, and others are not`() async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try start().store.close()
        let (old, young) = (1_600_000_000_000_000, 1_699_999_000_000_000)
        for (id, state, time) in [("a", 6, old), ("b", 3, old), ("c", 6, young)] {
            try changeDatabase(
                in: path,
                "INSERT INTO sync (sync_id, remote_url, state, created_at, updated_at) VALUES ('\(id)', 'http://x', \(state), \(time), \(time))"
            )
        }
        let (store, operations, _) = try start()
        try await operations.syncs.resume()
        let left = try await operations.syncs.list(limit: 10, after: nil).items.map(\.id)
        #expect(left == ["c"])
        store.close()
    }
}
