internal import Dispatch
internal import FoundationEssentials
internal import GRDB
internal import Glibc
internal import Records
internal import Text

/// The file of a store, before it is used: whose it is, and whether it is whole.
enum StoreFile {
    /// The file's name in the data directory.
    static let name = "directory.sqlite"
    /// How long the check at the start may take; a larger store is checked in part.
    static let checkTime: Duration = .seconds(5)

    /// Whether a file can be used.
    enum Condition {
        /// It is not there yet, or ours.
        case good
        /// It is ours, but damaged: why.
        case damaged(String)
    }

    /// Looks at the file without changing it.
    /// - Parameter held: whether there has been a store before.
    /// - Throws: `DirectoryError.storeUnavailable` when the file is not ours, or of a newer version.
    static func inspect(_ path: String, held: Bool) throws(DirectoryError) -> Condition {
        guard let head = head(16, of: path) else { return .good }
        if head.isEmpty { return held ? .damaged("the file is empty") : .good }
        guard head.elementsEqual("SQLite format 3\0".utf8) else {
            throw .storeUnavailable(
                "\(path) is no SQLite database, or its first page is damaged: restore it from a backup, or set another data_dir"
            )
        }
        do {
            let queue = try DatabaseQueue(path: path, configuration: readOnly)
            defer { try? queue.close() }
            if let reason = try queue.read({ try strangeness($0) }) {
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

    /// Checks a store that nobody changes meanwhile.
    /// - Parameter limit: when to stop; what was not looked at until then counts as good. nil checks
    ///   all of it.
    /// - Returns: what is wrong; nil when nothing was found.
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

    /// Reads every record and compares it with its CID.
    /// - Returns: the CIDs of those that are damaged; nil when there are none.
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
            ? nil : "these records do not hash to their CIDs: \(wrong.joined(separator: ", "))"
    }

    static var readOnly: Configuration {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(2)
        return configuration
    }

    private static let tables = [
        "record", "label_text", "record_label", "publication", "public_key", "signature", "sync",
        "sync_cid", "record_origin", "event_sequence",
    ]

    /// - Returns: what our file should have and has not; nil when it is complete, or older.
    private static func missing(_ database: Database) throws -> String? {
        let applied = try Schema.migrator.appliedIdentifiers(database).count
        let found = try String.fetchAll(
            database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
        if applied == 0 { return found.isEmpty ? nil : "its list of migrations is missing" }
        guard applied == Schema.migrator.migrations.count else { return nil }
        return tables.first { !found.contains(bytesOf: $0) }.map { "the table \($0) is missing" }
    }

    /// - Returns: why the file is not ours to use; nil when it is.
    private static func strangeness(_ database: Database) throws -> String? {
        let id = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        guard id == 0 || id == Schema.applicationID else {
            return "belongs to another program (application_id \(id))"
        }
        if try Schema.migrator.hasBeenSuperseded(database) {
            return "was made by a newer version of the gateway; use that version"
        }
        // Files from before we had a number are known by their migrations.
        let applied = try Schema.migrator.appliedIdentifiers(database)
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        return id == 0 && applied.isEmpty && tables > 0 ? "belongs to another program" : nil
    }
}

/// The first bytes of a file; nil when there is none.
private func head(_ count: Int, of path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: count)
    let length = read(descriptor, &bytes, count)
    return Array(bytes.prefix(max(0, length)))
}
