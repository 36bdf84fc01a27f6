internal import Glibc
internal import Text

/// Who may read the files of a store: its owner only, because they hold tokens' hashes, addresses and
/// records that are not published.
enum FileModes {
    /// The mode of a file of the store.
    static let file: mode_t = 0o600
    /// The mode of a data directory that the gateway makes.
    static let directory: mode_t = 0o700

    /// Makes an empty database file, which only its owner can read, if there is none; takes the
    /// rights of others from the files that there are. SQLite gives the files beside the database
    /// its mode. What belongs to another user stays as it is.
    static func protect(_ database: String) {
        let descriptor = open(database, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, file)
        if descriptor >= 0 { close(descriptor) }
        for path in [database, database + "-wal", database + "-shm"] {
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { continue }
            chmod(path, file)
        }
    }

    /// Writes what the system holds of a file or directory to the disk.
    /// - Returns: whether it is there.
    @discardableResult
    static func flush(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    /// Returns the directory of a file.
    static func directory(of path: String) -> String {
        let parts = path.fields(on: UInt8(ascii: "/")).dropLast()
        guard !parts.isEmpty else { return "." }
        let joined = parts.joined(separator: "/")
        return joined.utf8.isEmpty ? "/" : joined
    }
}
