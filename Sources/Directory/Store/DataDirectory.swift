internal import Glibc

/// The data directory, held by one process at a time: two gateways on one store would each tell
/// their listeners half of what happens.
final class DataDirectory: Sendable {
    private let lock: Int32

    /// Makes the directory if it is not there, and takes it.
    init(path: String) throws(DirectoryError) {
        try Self.make(path)
        let file = "\(path)/gateway.lock"
        lock = open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
        guard lock >= 0 else {
            throw .storeUnavailable("\(file) cannot be opened: \(Self.reason(errno))")
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw .storeUnavailable(
                "another gateway works in \(path): stop it, or set another data_dir")
        }
    }

    deinit { close(lock) }

    private static func make(_ path: String) throws(DirectoryError) {
        var parent = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            parent += "/\(part)"
            guard mkdir(parent, 0o755) != 0, errno != EEXIST else { continue }
            throw .storeUnavailable("the data directory \(path) cannot be made: \(reason(errno))")
        }
    }

    private static func reason(_ code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}
