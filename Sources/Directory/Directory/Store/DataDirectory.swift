internal import Glibc
internal import Synchronization
internal import Text

/// The data directory, locked by one process at a time: with two gateways on one store, the
/// subscribers of each would receive only a part of the events.
final class DataDirectory: Sendable {
    private let path: String
    private let lock: Mutex<Int32>

    /// Locks the directory; creates it if it is missing.
    /// - Parameter mustExist: whether a directory without a store is an error.
    /// - Throws: `DirectoryError.storeUnavailable`.
    convenience init(path: String, mustExist: Bool = false) throws(DirectoryError) {
        if mustExist {
            guard access("\(path)/\(StoreFile.name)", R_OK) == 0 else {
                throw .storeUnavailable("there is no store in \(path)")
            }
        } else {
            try Self.make(path)
        }
        guard let descriptor = try Self.locked(path) else {
            throw .storeUnavailable(
                "another gateway uses \(path): stop it, or set another data_dir")
        }
        self.init(path, descriptor)
    }

    private init(_ path: String, _ descriptor: Int32) {
        self.path = path
        lock = Mutex(descriptor)
    }

    /// Locks the directory, unless a gateway uses it; creates it if it is missing.
    /// - Returns: nil when a gateway uses it.
    /// - Throws: `DirectoryError.storeUnavailable`.
    static func lockedIfFree(path: String) throws(DirectoryError) -> DataDirectory? {
        try make(path)
        return try locked(path).map { DataDirectory(path, $0) }
    }

    /// Returns the descriptor of the locked file; nil when another process has locked it.
    private static func locked(_ path: String) throws(DirectoryError) -> Int32? {
        let file = "\(path)/gateway.lock"
        let descriptor = open(file, O_CREAT | O_RDWR | O_CLOEXEC, FileModes.file)
        guard descriptor >= 0 else {
            throw .storeUnavailable("\(file) cannot be opened: \(reason(errno))")
        }
        guard take(descriptor) else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Locks the file. Waits up to half a second, for a gateway that is shutting down, or for a child
    /// of this process between its fork and its exec.
    private static func take(_ descriptor: Int32) -> Bool {
        for _ in 0..<10 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            usleep(50_000)
        }
        return false
    }

    deinit { release() }

    /// Releases the directory for another process.
    func release() {
        lock.withLock { lock in
            if lock >= 0 { close(lock) }
            lock = -1
        }
    }

    /// Whether a store has been used here before. Then an empty file is damaged, not new.
    var heldStore: Bool {
        lock.withLock { lock in
            var byte: UInt8 = 0
            return pread(lock, &byte, 1, 0) == 1
        }
    }

    /// Records that there is a store.
    func markStore() {
        lock.withLock { lock in
            var mark = UInt8(ascii: "1")
            _ = pwrite(lock, &mark, 1, 0)
        }
    }

    /// Checks that the disk has room for a file of 64 KiB. Blocks the thread.
    /// - Throws: `DirectoryError.storeUnavailable` when it has not.
    func checkSpace() throws(DirectoryError) {
        let file = "\(path)/.probe"
        let descriptor = open(file, O_CREAT | O_RDWR | O_CLOEXEC, FileModes.file)
        let code = descriptor < 0 ? errno : posix_fallocate(descriptor, 0, 64 << 10)
        if descriptor >= 0 { close(descriptor) }
        unlink(file)
        guard code == 0 else {
            throw .storeUnavailable("no file can be written in \(path): \(Self.reason(code))")
        }
    }

    private static func make(_ path: String) throws(DirectoryError) {
        var parent = path.hasBytePrefix("/") ? "" : "."
        let parts = path.split(on: UInt8(ascii: "/"))
        for (index, part) in parts.enumerated() {
            parent += "/\(part)"
            let mode = index == parts.count - 1 ? FileModes.directory : 0o755
            guard mkdir(parent, mode) != 0, errno != EEXIST else { continue }
            throw .storeUnavailable(
                "the data directory \(path) cannot be created: \(reason(errno))")
        }
    }

    private static func reason(_ code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}
