internal import FoundationEssentials
internal import Glibc

extension Output {
    /// Writes all bytes to a descriptor.
    /// - Returns: false when that is not possible; `errno` has the reason.
    static func write(_ bytes: [UInt8], whole descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count =
                rest.withContiguousStorageIfAvailable {
                    Glibc.write(descriptor, $0.baseAddress, $0.count)
                } ?? 0
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count == 0 || errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Writes a file, as a shell does with `>`.
    /// - Throws: `Exit.Failure` when it cannot be written.
    static func file(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw unwritable(path) }
        let isWritten = write(bytes, whole: descriptor)
        guard close(descriptor) == 0, isWritten else { throw unwritable(path) }
    }

    private static func unwritable(_ path: String) -> Exit.Failure {
        Exit.Failure(message: "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
