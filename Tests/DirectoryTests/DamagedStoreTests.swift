import Directory
import Foundation
import GRDB
import Records
import TestSupport
import Testing
import Text

/// A data directory with a store of some records, which no process uses.
private struct Fixture {
    let path = temporaryPath("damaged")
    var file: String { path + "/directory.sqlite" }
    let cids: [String]

    init(records: Int = 40) async throws {
        let store = try Store(path: path, events: Silence(), now: { 0 })
        let operations = Operations(store, in: path)
        var cids: [String] = []
        for number in 0..<records {
            let text = record(
                "r\(number)", description: String(repeating: "d", count: 3000), skills: ["s"])
            cids.append(try await operations.push(Array(text.utf8)).cid)
        }
        store.close()
        self.cids = cids
    }

    func sql(_ text: String) throws { try changeDatabase(in: path, text) }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct DamagedStoreTests {
    @Test func `after a clean end the one file is a whole backup`() async throws {
        let fixture = try await Fixture()
        defer { fixture.remove() }
        let copy = temporaryPath("backup")
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: fixture.file, toPath: copy + "/directory.sqlite")
        let store = try Store(path: copy, events: Silence(), now: { 0 })
        #expect(try await store.figures().records == 40)
        store.close()
        try FileManager.default.removeItem(atPath: copy)
    }

    @Test func `a truncated store is not ready, says why, and denies nothing`() async throws {
        let fixture = try await Fixture()
        defer { fixture.remove() }
        let size = try #require(
            try FileManager.default.attributesOfItem(atPath: fixture.file)[.size] as? Int)
        truncate(fixture.file, size / 2 / 4096 * 4096)
        let store = try Store(path: fixture.path, events: Silence(), now: { 0 })
        let fault = try #require(store.fault)
        #expect(fault.contains("damaged"))
        await #expect(throws: DirectoryError.self) { try await store.check() }
        let operations = Operations(store, in: fixture.path)
        for cid in fixture.cids {
            do { #expect(try await operations.pullWhole(cid).cid == cid) } catch {
                if case DirectoryError.notFound = error { Issue.record("\(cid) was acknowledged") }
            }
        }
        await #expect(throws: DirectoryError.self) { try await operations.delete(fixture.cids[0]) }
        // What is no record is none, whether a record could be stored or not.
        let results = await operations.push(many: [Array("{".utf8), Array("{}".utf8)])
        for result in results {
            guard case .failure(.record) = result else {
                Issue.record("\(result)")
                continue
            }
        }
        store.close()
    }

    @Test func `damage that is met while the store is open ends the writing, and says why`()
        async throws
    {
        let fixture = try await Fixture()
        defer { fixture.remove() }
        let store = try Store(path: fixture.path, events: Silence(), now: { 0 })
        #expect(store.fault == nil)
        // Behind the connections, which have read next to nothing yet.
        let handle = try FileHandle(forWritingTo: URL(filePath: fixture.file))
        let end = try handle.seekToEnd()
        try handle.seek(toOffset: 4096)
        try handle.write(contentsOf: Data(repeating: 0xA5, count: Int(end) - 4096))
        try handle.close()
        let operations = Operations(store, in: fixture.path)
        await #expect(throws: DirectoryError.self) { try await operations.delete(fixture.cids[0]) }
        #expect(store.fault?.contains("damaged") == true)
        await #expect(throws: DirectoryError.self) { try await store.check() }
        let text = #"{"schema_version":"1.0.0","name":"n","version":"v1"}"#
        await #expect(throws: DirectoryError.self) {
            try await operations.push(Array(text.utf8))
        }
        store.close()
    }

    @Test func `random damage never ends the process`() async throws {
        let fixture = try await Fixture()
        defer { fixture.remove() }
        let whole = try Data(contentsOf: URL(filePath: fixture.file))
        let seed = testSeed()
        var random = Seeded(seed: seed)
        for round in 0..<25 {
            var data = whole
            for _ in 0..<8 {
                let place = Int.random(in: 4096..<data.count - 64, using: &random)
                for offset in 0..<64 {
                    data[place + offset] = UInt8.random(in: 0...255, using: &random)
                }
            }
            for ending in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: fixture.file + ending)
            }
            try data.write(to: URL(filePath: fixture.file))
            guard let store = try? Store(path: fixture.path, events: Silence(), now: { 0 }) else {
                continue
            }
            let operations = Operations(store, in: fixture.path)
            for cid in fixture.cids {
                if let pulled = try? await operations.pullWhole(cid) {
                    #expect(CID.of(pulled.content) == cid, "seed \(seed), round \(round)")
                }
                _ = try? await operations.info(cid)
                _ = try? await operations.signatures(of: cid)
            }
            _ = try? await operations.list(RecordListing())
            _ = try? await operations.syncs.list(limit: 10, after: nil)
            try? await operations.syncs.resume()
            _ = try? await operations.publish(.all)
            store.close()
        }
    }

    @Test func `a damaged row is named, and the others are served`() async throws {
        let fixture = try await Fixture(records: 3)
        defer { fixture.remove() }
        // What a flipped bit can make of a row: NULL where there never is one.
        try fixture.sql(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_master SET sql = replace(replace(sql, ' NOT NULL', ''), 'STRICT', '')
                WHERE name = 'record';
            PRAGMA writable_schema = RESET;
            """)
        try fixture.sql(
            "UPDATE record SET pushed_at = NULL, size = NULL WHERE cid = '\(fixture.cids[1])'")
        let store = try Store(path: fixture.path, events: Silence(), now: { 0 })
        let operations = Operations(store, in: fixture.path)
        let page = try await operations.list(RecordListing())
        #expect(page.items.map(\.cid) == [fixture.cids[2], fixture.cids[0]])
        #expect(page.damaged == [fixture.cids[1]])
        await #expect(throws: DirectoryError.damaged(cid: fixture.cids[1])) {
            try await operations.info(fixture.cids[1])
        }
        store.close()
    }

    @Test func `a content that does not hash to its cid is refused, and found by the check`()
        async throws
    {
        let fixture = try await Fixture(records: 3)
        defer { fixture.remove() }
        #expect(try Store.check(path: fixture.path) == nil)
        try fixture.sql("UPDATE record SET content = x'7b7d' WHERE cid = '\(fixture.cids[1])'")
        #expect(try Store.check(path: fixture.path)?.contains(fixture.cids[1]) == true)
        let store = try Store(path: fixture.path, events: Silence(), now: { 0 })
        let operations = Operations(store, in: fixture.path)
        await #expect(throws: DirectoryError.damaged(cid: fixture.cids[1])) {
            try await operations.pullWhole(fixture.cids[1])
        }
        _ = try await operations.pullWhole(fixture.cids[0])
        store.close()
        #expect(throws: DirectoryError.self) { try Store.check(path: fixture.path + "/none") }
    }

    @Test(arguments: [
        "PRAGMA application_id = 77", "INSERT INTO grdb_migrations VALUES ('of a later version')",
    ])
    func `a file of another program or a later version is refused untouched`(change: String)
        async throws
    {
        let fixture = try await Fixture(records: 1)
        defer { fixture.remove() }
        try fixture.sql(change)
        let before = try Data(contentsOf: URL(filePath: fixture.file))
        #expect(throws: DirectoryError.self) {
            try Store(path: fixture.path, events: Silence(), now: { 0 })
        }
        #expect(try Data(contentsOf: URL(filePath: fixture.file)) == before)
    }

    @Test func `a foreign database and a foreign file are refused untouched`() throws {
        let path = temporaryPath("foreign")
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let file = path + "/directory.sqlite"
        let queue = try DatabaseQueue(path: file)
        try queue.write { try $0.execute(sql: "CREATE TABLE notes (text)") }
        try queue.close()
        for content in [try Data(contentsOf: URL(filePath: file)), Data("my diary".utf8)] {
            try content.write(to: URL(filePath: file))
            #expect(throws: DirectoryError.self) {
                try Store(path: path, events: Silence(), now: { 0 })
            }
            #expect(try Data(contentsOf: URL(filePath: file)) == content)
        }
    }

    @Test func `absurd numbers in a store are told, not added`() async throws {
        let fixture = try await Fixture(records: 1)
        defer { fixture.remove() }
        try fixture.sql("UPDATE record SET pushed_at = \(Int64.min)")
        try fixture.sql(
            """
            INSERT INTO sync (sync_id, remote_url, state, signatures, found, created_at, updated_at)
            VALUES ('s', 'http://127.0.0.1:1', 3, \(Int64.max), \(Int64.max), \(Int64.min), \(Int64.max))
            """)
        let store = try Store(path: fixture.path, events: Silence(), now: { 0 })
        let operations = Operations(store, in: fixture.path)
        let item = try #require(try await operations.list(RecordListing()).items.first)
        #expect(Timestamp.format(try #require(item.pushedAt)) == "0000-01-01T00:00:00.000000Z")
        #expect(try await operations.syncs.status("s").progress.signatures == Int(Int64.max))
        store.close()
    }
}
