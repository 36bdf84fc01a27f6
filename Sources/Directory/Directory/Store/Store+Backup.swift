internal import GRDB
internal import Glibc
internal import Text

/// Copies of a store, for a process beside the gateway.
extension Store {
    /// Copies a store to a file, also while a gateway uses it: the copy is the store at one moment,
    /// and no change waits for it. The file is complete when it appears; one that is there already is
    /// replaced, if it is a store. Blocks the thread.
    /// - Parameters:
    ///   - path: the data directory.
    ///   - target: the file.
    /// - Throws: `DirectoryError.storeUnavailable`; then `target` is as it was.
    public static func backup(path: String, to target: String) throws(DirectoryError) {
        let file = "\(path)/\(StoreFile.name)"
        guard access(file, R_OK) == 0 else {
            throw .storeUnavailable("there is no store in \(path)")
        }
        guard !isSame(file, target) else {
            throw .storeUnavailable("\(target) is the store itself: give another file")
        }
        if let reason = refusal(toReplace: target) {
            throw .storeUnavailable("\(target) \(reason): give another file")
        }
        let draft = "\(target).partial-\(getpid())"
        defer { remove(draft) }
        try copy(file, to: draft)
        try place(draft, at: target)
    }

    /// Puts a backup in the place of a store. The store that was there is kept beside it. Blocks the
    /// thread.
    /// - Parameters:
    ///   - path: the data directory; made if it is missing.
    ///   - source: the backup.
    ///   - time: seconds since 1970, for the name of the store that is kept.
    /// - Returns: the file of the store that was there; nil when there was none.
    /// - Throws: `DirectoryError.storeUnavailable` when a gateway uses the directory, or `source` is
    ///   no store or is damaged; then nothing is changed.
    public static func restore(path: String, from source: String, at time: Int64)
        throws(DirectoryError) -> String?
    {
        let directory = try DataDirectory(path: path)
        defer { directory.release() }
        let file = "\(path)/\(StoreFile.name)"
        guard access(source, R_OK) == 0 else {
            throw .storeUnavailable("there is no file \(source), or it cannot be read")
        }
        guard !isSame(file, source) else {
            throw .storeUnavailable("\(source) is the store itself")
        }
        if case .damaged(let reason) = try StoreFile.inspect(source, held: true) {
            throw .storeUnavailable("\(source) is damaged (\(reason))")
        }
        let draft = "\(file).partial-\(getpid())"
        defer { remove(draft) }
        try copy(source, to: draft)
        let kept = try keep(file, as: "\(file).before-restore-\(time)")
        try place(draft, at: file)
        directory.markStore()
        return kept
    }

    /// Copies a store into a new file, and checks the copy.
    private static func copy(_ source: String, to draft: String) throws(DirectoryError) {
        remove(draft)
        FileModes.protect(draft)
        var fault: String?
        do {
            let from = try DatabaseQueue(path: source, configuration: StoreFile.readOnly)
            defer { try? from.close() }
            let to = try DatabaseQueue(path: draft)
            defer { try? to.close() }
            // In one step, that is within one read: the copy is of one moment.
            try from.backup(to: to)
            // One file, without a write-ahead log beside it.
            try to.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            fault = try StoreFile.check(to, within: nil) ?? StoreFile.wrongRecords(to)
        } catch {
            throw .storeUnavailable("\(source) cannot be copied to \(draft): \(error)")
        }
        if let fault { throw .storeUnavailable("\(source) is damaged: \(fault)") }
    }

    /// Keeps a store under another name.
    /// - Returns: the name; nil when there is no store.
    private static func keep(_ file: String, as name: String) throws(DirectoryError) -> String? {
        guard access(file, F_OK) == 0 else { return nil }
        // What is in the write-ahead log moves into the file; in a damaged store it cannot.
        if let queue = try? DatabaseQueue(path: file) {
            _ = try? queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            try? queue.close()
        }
        // A second name first: at every moment there is a store. A log that is left belongs to the
        // old file, and must not be applied to the new one.
        guard link(file, name) == 0 else {
            throw .storeUnavailable("\(file) cannot be kept as \(name): \(systemReason())")
        }
        guard rename(file + "-wal", name + "-wal") == 0 || errno == ENOENT else {
            throw .storeUnavailable("\(file)-wal cannot be renamed: \(systemReason())")
        }
        unlink(file + "-shm")
        return name
    }

    private static func place(_ draft: String, at target: String) throws(DirectoryError) {
        guard FileModes.flush(draft), rename(draft, target) == 0 else {
            throw .storeUnavailable("\(target) cannot be written: \(systemReason())")
        }
        FileModes.flush(FileModes.directory(of: target))
    }

    private static func remove(_ file: String) {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(file + suffix) }
    }

    /// Returns why a file must not be replaced by a backup; nil when it may.
    private static func refusal(toReplace target: String) -> String? {
        var status = stat()
        guard stat(target, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT == S_IFREG else { return "is not a file" }
        guard status.st_size > 0 else { return nil }
        do {
            _ = try StoreFile.inspect(target, held: true)
            return nil
        } catch {
            return "is there already, and is not a backup"
        }
    }

    private static func isSame(_ file: String, _ other: String) -> Bool {
        var (first, second) = (stat(), stat())
        return stat(file, &first) == 0 && stat(other, &second) == 0
            && first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    private static func systemReason() -> String {
        strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
    }
}
