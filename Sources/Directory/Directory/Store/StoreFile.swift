internal import Dispatch
internal import FoundationEssentials
internal import GRDB
internal import Glibc
internal import Records
internal import Text

/// The file of a store, before it is opened: whether it belongs to the gateway, and is undamaged.
enum StoreFile {
    /// The file's name in the data directory.
    static let name = "directory.sqlite"
    /// The longest time of the check at the start. A larger store is checked in part.
    static let checkTime: Duration = .seconds(5)

    /// The condition of a file.
    enum Condition {
        /// The file does not exist yet, or can be used.
        case good
        /// The file belongs to the gateway, but is damaged: the reason.
        case damaged(String)
    }

    /// Checks the file without changing it.
    /// - Parameter held: whether there has been a store before.
    /// - Throws: `DirectoryError.storeUnavailable` when the file belongs to another program or to a
    ///   newer version.
    static func inspect(_ path: String, held: Bool) throws(DirectoryError) -> Condition {
        guard let head = head(16, of: path) else { return .good }
        if head.isEmpty { return held ? .damaged("the file is empty") : .good }
        guard head.elementsEqual("SQLite format 3\0".utf8) else {
            throw .storeUnavailable(
                "\(path) is not an SQLite database, or its first page is damaged: restore it from a backup, or set another data_dir"
            )
        }
        do {
            let queue = try DatabaseQueue(path: path, configuration: readOnly)
            defer { try? queue.close() }
            if let reason = try queue.read({ try refusal($0) }) {
                throw DirectoryError.storeUnavailable("\(path) \(reason): set another data_dir")
            }
            if let missing = try queue.read({ try missing($0) }) { return .damaged(missing) }
            return check(queue, within: checkTime).map { .damaged($0) } ?? .good
        } catch let error as DirectoryError {
            throw error
        } catch {
            return .damaged("\(error)")
        }
    }

    /// Checks the integrity of a store that is not in use.
    /// - Parameter limit: the time to check for: the rest counts as good. nil checks all of it.
    /// - Returns: the damage; nil when none was found.
    static func check(_ queue: DatabaseQueue, within limit: Duration?) -> String? {
        var alarm: DispatchWorkItem?
        if let limit {
            let item = DispatchWorkItem { queue.interrupt() }
            DispatchQueue.global().asyncAfter(deadline: .now() + limit / .seconds(1), execute: item)
            alarm = item
        }
        defer { alarm?.cancel() }
        do {
            let found = try queue.read {
                try String.fetchAll($0, sql: "PRAGMA integrity_check(20)")
            }
            guard let first = found.first,
                !(found.count == 1 && first.utf8.elementsEqual("ok".utf8))
            else { return nil }
            return found.joined(separator: "; ")
        } catch let error as DatabaseError where error.isInterruptionError {
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Looks for a row that refers to one that is missing.
    /// - Returns: the tables; nil when there is none.
    static func brokenReference(_ queue: DatabaseQueue) throws -> String? {
        let row = try queue.read { try Row.fetchOne($0, sql: "PRAGMA foreign_key_check") }
        guard let row else { return nil }
        let (from, to): (String?, String?) = (
            try row.decode(atIndex: 0), try row.decode(atIndex: 2)
        )
        return "a row of the table \(from ?? "?") refers to one of \(to ?? "?") that is missing"
    }

    /// Compares every record with its CID.
    /// - Returns: a sentence with the CIDs of the damaged records; nil when there are none.
    static func wrongRecords(_ queue: DatabaseQueue) throws -> String? {
        let wrong = try queue.read { database in
            var wrong: [String] = []
            let rows = try Row.fetchCursor(database, sql: "SELECT cid, content FROM record")
            while let row = try rows.next() {
                let cid: String = try row.decode(forColumn: "cid")
                let content: Data = try row.decode(forColumn: "content")
                if !CID.of([UInt8](content)).hasBytes(of: cid) { wrong.append(cid) }
            }
            return wrong
        }
        return wrong.isEmpty
            ? nil
            : "the content of these records does not match their CIDs: \(wrong.joined(separator: ", "))"
    }

    /// The configuration of a connection that only reads.
    static var readOnly: Configuration {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(2)
        return configuration
    }

    private static let tables = [
        "record", "label_text", "record_label", "publication", "public_key", "signature", "sync",
        "sync_cid", "record_origin", "event_sequence", "event", "event_log",
        "idempotent_answer", "token", "token_generation",
        "record_text", "record_search", "search_index",
    ]

    /// Returns what is missing in the file; nil when it is complete, or of an older version.
    private static func missing(_ database: Database) throws -> String? {
        let applied = try Schema.migrator.appliedIdentifiers(database).count
        let found = try String.fetchAll(
            database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
        if applied == 0 { return found.isEmpty ? nil : "its list of migrations is missing" }
        guard applied == Schema.migrator.migrations.count else { return nil }
        return tables.first { !found.contains(bytesOf: $0) }.map { "the table \($0) is missing" }
    }

    /// Returns why the gateway must not use the file; nil when it may.
    private static func refusal(_ database: Database) throws -> String? {
        let id = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        guard id == 0 || id == Schema.applicationID else {
            return "belongs to another program (application_id \(id))"
        }
        if try Schema.migrator.hasBeenSuperseded(database) {
            return "was made by a newer version of the gateway; use that version"
        }
        // Files from before there was an application id are recognised by their migrations.
        let applied = try Schema.migrator.appliedIdentifiers(database)
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        return id == 0 && applied.isEmpty && tables > 0 ? "belongs to another program" : nil
    }
}

/// Returns the first bytes of a file; nil when there is no file.
private func head(_ count: Int, of path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: count)
    let length = read(descriptor, &bytes, count)
    return Array(bytes.prefix(max(0, length)))
}
