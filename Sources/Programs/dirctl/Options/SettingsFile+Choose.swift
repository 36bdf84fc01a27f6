internal import FoundationEssentials
internal import Glibc
internal import Text

extension SettingsFile {
    /// Writes the name of the current context into a file. All other lines stay as they are.
    /// - Throws: `Exit.Failure` when the file cannot be written.
    static func choose(_ name: String, in path: String) throws {
        let line = "\(SettingNames.currentContext): \(Output.quoted(name))"
        let old = String(decoding: try Input.file(path), as: UTF8.self)
        var lines = old.fields(on: 0x0A)
        let key = "\(SettingNames.currentContext):"
        if let index = lines.firstIndex(where: { $0.hasBytePrefix(key) }) {
            lines[index] = line
        } else {
            // After what must be at the start of a YAML file.
            let start = lines.lastIndex { $0.hasBytePrefix("---") || $0.hasBytePrefix("%") }
            lines.insert(line, at: start.map { $0 + 1 } ?? 0)
        }
        try replace(path, with: lines.joined(separator: "\n"))
    }

    /// Replaces a file as a whole, with its permissions: it may have a token.
    private static func replace(_ path: String, with text: String) throws {
        // The file itself, when the path is a link to it.
        let target = realpath(path, nil).map { pointer in
            defer { free(pointer) }
            return String(cString: pointer)
        }
        let file = target ?? path
        var status = stat()
        let mode = stat(file, &status) == 0 ? status.st_mode & 0o777 : 0o600
        let temporary = "\(file).\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw unwritable(path) }
        fchmod(descriptor, mode)
        let isWritten = Output.write(Array(text.utf8), whole: descriptor)
        guard fsync(descriptor) == 0, close(descriptor) == 0, isWritten,
            rename(temporary, file) == 0
        else {
            let failure = unwritable(path)
            unlink(temporary)
            throw failure
        }
    }

    private static func unwritable(_ path: String) -> Exit.Failure {
        Exit.Failure(
            message: "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
