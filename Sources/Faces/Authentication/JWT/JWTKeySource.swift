internal import FoundationEssentials
internal import Glibc

/// Where the keys of JSON Web Tokens come from.
public enum JWTKeySource: Sendable {
    /// A file, which is read again when it has changed.
    case file(String)
    /// A document that the closure fetches, with a deadline of its own; fetched again now and then, and
    /// when a token names an unknown key.
    case remote(@Sendable () async throws -> [UInt8])
}

/// What tells one state of a file from another.
struct FileStamp: Equatable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let seconds: Int
    private let nanoseconds: Int

    /// Looks at a file; nil when there is none.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }

    /// Reads a file of at most `limit` bytes.
    /// - Throws: `JWTKeySetError`.
    static func read(path: String, limit: Int) throws(JWTKeySetError) -> [UInt8] {
        guard let stamp = FileStamp(path: path) else {
            throw JWTKeySetError(description: "there is no file \(path)")
        }
        guard stamp.size <= limit else {
            throw JWTKeySetError(description: "\(path) is longer than \(limit) bytes")
        }
        do { return [UInt8](try Data(contentsOf: URL(filePath: path))) } catch {
            throw JWTKeySetError(description: "\(path) cannot be read")
        }
    }
}
