import Events
import Foundation
import GRDB
import Records
import Testing

@testable import Directory

@Suite struct ChangeTests {
    private func record(_ name: String) throws -> Records.Record {
        try Records.Record(
            json: Array(
                #"{"schema_version":"1.0.0","name":"\#(name)","version":"v1","description":"d","authors":["a"],"created_at":"2025-10-18T14:23:15Z","skills":[{"name":"\#(name)"}]}"#
                    .utf8))
    }

    /// Applies one change, and keeps its result or its error.
    private func apply(_ change: some Change, _ store: Store, _ results: inout [String]) async {
        do throws(DirectoryError) { results.append("\(try await store.apply(change))") } catch {
            results.append("\(error)")
        }
    }

    /// Applies changes to a new store.
    /// - Returns: the rows of its tables, the drafts of its events, and the results.
    private func outcome(at time: Int64, _ key: PublicKey) async throws -> [String] {
        let path = NSTemporaryDirectory() + "changes-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let sink = PlaceRecorder()
        // The clock and the ids of the events are those of the store.
        let store = try Store(path: path, events: sink, now: { time })
        defer { store.close() }
        let records = try (0..<100).map { try record("r\($0)") }
        var results: [String] = []
        await apply(StoreRecords(records: records, time: 1), store, &results)
        await apply(StoreRecords(records: Array(records.prefix(3)), time: 2), store, &results)
        let cids = records.map(\.cid)
        await apply(PublishRecords(cids: cids, time: 3), store, &results)
        await apply(DeleteRecord(cid: cids[7]), store, &results)
        await apply(PublishRecords(cids: cids, time: 4), store, &results)
        await apply(UnpublishRecords(cids: [cids[1], cids[2]]), store, &results)
        await apply(UnpublishRecords(cids: [cids[7]]), store, &results)
        await apply(DeleteRecord(cid: cids[7]), store, &results)
        for cid in [cids[0], cids[0], cids[7]] {
            let change = AttachSignature(
                signature: "c2lnbmF0dXJl", key: key, cid: cid, time: 5)
            await apply(change, store, &results)
        }
        try await applySyncs(key, store, &results)
        let rows = try await store.read { database in
            try [
                "record", "record_label", "label_text", "publication", "public_key", "signature",
                "record_origin", "sync", "sync_cid",
            ].flatMap { table in
                try Row.fetchAll(database, sql: "SELECT * FROM \(table)").map { "\(table) \($0)" }
            }
        }
        return rows + sink.take().map { "\($0.event.draft)" } + results
    }

    private func sync(_ id: String, cids: [String] = []) -> Sync {
        Sync(
            id: id, remoteURL: "http://remote.example.org", cids: cids, state: .pending,
            progress: SyncProgress(), error: nil, createdAt: 6, updatedAt: 6)
    }

    /// Applies every change that a sync makes.
    private func applySyncs(_ key: PublicKey, _ store: Store, _ results: inout [String])
        async throws
    {
        let copied = try record("copied")
        let signature = CopyRecord.Signature(text: "c2lnbmF0dXJl", key: key)
        var progress = SyncProgress()
        progress.found = 5
        for sync in [sync("a", cids: [copied.cid]), sync("b"), sync("c"), sync("d")] {
            await apply(CreateSync(sync: sync), store, &results)
            await apply(StartSync(id: sync.id, time: 7), store, &results)
        }
        for record in [copied, copied, nil] {
            let copy = CopyRecord(
                syncID: "a", cid: copied.cid, record: record, signatures: [signature], time: 8)
            await apply(copy, store, &results)
        }
        await apply(CancelSync(id: "a", progress: progress, time: 9), store, &results)
        await apply(CancelSync(id: "a", progress: nil, time: 10), store, &results)
        let late = CopyRecord(
            syncID: "a", cid: copied.cid, record: copied, signatures: [], time: 11)
        await apply(late, store, &results)
        await apply(RecordSyncProgress(id: "a", progress: SyncProgress()), store, &results)
        await apply(RecordSyncProgress(id: "b", progress: progress), store, &results)
        let complete = EndSync(sync: sync("b"), progress: progress, reason: nil, time: 12)
        await apply(complete, store, &results)
        await apply(CancelSync(id: "b", progress: nil, time: 13), store, &results)
        let fail = EndSync(sync: sync("c"), progress: progress, reason: "why", time: 14)
        await apply(fail, store, &results)
        await apply(fail, store, &results)
        await apply(DeleteEndedSyncs(oldest: 12), store, &results)
        await apply(CancelSync(id: "a", progress: nil, time: 15), store, &results)
    }

    @Test func `the same changes in the same order have the same outcome in every store`()
        async throws
    {
        let key = try SigningKey.make().key.publicKey
        let first = try await outcome(at: 1_700_000_000_000_000, key)
        let second = try await outcome(at: 1_800_000_000_000_000, key)
        #expect(first == second)
        #expect(first.filter { $0.hasPrefix("record ") }.count == 100)
        #expect(first.filter { $0.hasPrefix("not stored") }.count == 3)
        #expect(first.filter { $0.hasPrefix("sync ") }.count == 3)
        #expect(first.filter { $0.hasPrefix("record_origin ") }.count == 1)
        #expect(first.filter { $0.contains("EventType.sync") }.count == 6)
    }
}
