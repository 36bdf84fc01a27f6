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

    /// Applies one change, or keeps its error.
    private func apply(_ change: some Change, _ store: Store, _ errors: inout [String]) async {
        do throws(DirectoryError) { _ = try await store.apply(change) } catch {
            errors.append("\(error)")
        }
    }

    /// Applies changes to a new store.
    /// - Returns: the rows of its tables, the drafts of its events, and the errors.
    private func outcome(at time: Int64, _ key: PublicKey) async throws -> [String] {
        let path = NSTemporaryDirectory() + "changes-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let sink = PlaceRecorder()
        // The clock and the ids of the events are those of the store.
        let store = try Store(path: path, events: sink, now: { time })
        defer { store.close() }
        let records = try (0..<100).map { try record("r\($0)") }
        var errors: [String] = []
        await apply(StoreRecords(records: records, time: 1), store, &errors)
        await apply(StoreRecords(records: Array(records.prefix(3)), time: 2), store, &errors)
        let cids = records.map(\.cid)
        await apply(PublishRecords(cids: cids, time: 3), store, &errors)
        await apply(DeleteRecord(cid: cids[7]), store, &errors)
        await apply(PublishRecords(cids: cids, time: 4), store, &errors)
        await apply(UnpublishRecords(cids: [cids[1], cids[2]]), store, &errors)
        await apply(UnpublishRecords(cids: [cids[7]]), store, &errors)
        await apply(DeleteRecord(cid: cids[7]), store, &errors)
        for cid in [cids[0], cids[0], cids[7]] {
            let change = AttachSignature(
                signature: "c2lnbmF0dXJl", key: key, cid: cid, time: 5)
            await apply(change, store, &errors)
        }
        let rows = try await store.read { database in
            try [
                "record", "record_label", "label_text", "publication", "public_key", "signature",
            ].flatMap { table in
                try Row.fetchAll(database, sql: "SELECT * FROM \(table)").map { "\(table) \($0)" }
            }
        }
        return rows + sink.take().map { "\($0.event.draft)" } + errors
    }

    @Test func `the same changes in the same order have the same outcome in every store`()
        async throws
    {
        let key = try SigningKey.make().key.publicKey
        let first = try await outcome(at: 1_700_000_000_000_000, key)
        let second = try await outcome(at: 1_800_000_000_000_000, key)
        #expect(first == second)
        #expect(first.filter { $0.hasPrefix("record ") }.count == 99)
        #expect(first.filter { $0.hasPrefix("not stored") }.count == 3)
    }
}
