internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc

/// What a command reads: files, or standard input.
enum Input {
    static func file(_ path: String) throws -> Data {
        let descriptor = try descriptor(path)
        defer { close(descriptor) }
        var data = Data()
        while let part = more(descriptor) { data += part }
        return data
    }

    /// A file, or a pipe that a shell passes as one; to be closed.
    static func descriptor(_ path: String) throws -> Int32 {
        var status = stat()
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Exit.Failure(
                message: "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        fstat(descriptor, &status)
        guard status.st_mode & S_IFMT != S_IFDIR else {
            close(descriptor)
            throw Exit.Failure(message: "\(path) is a directory: name the files in it")
        }
        return descriptor
    }

    /// All of standard input.
    static func all() -> Data {
        var data: [UInt8] = []
        while let part = more() { data += part }
        return Data(data)
    }

    /// Words, separated by blanks and line ends.
    static func words() -> [String] {
        String(decoding: all(), as: UTF8.self).split { $0.isWhitespace }.map(String.init)
    }

    /// The next part of standard input, or of another descriptor; nil at its end.
    static func more(_ descriptor: Int32 = STDIN_FILENO) -> [UInt8]? {
        let part = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
            repeat {
                count = read(descriptor, buffer.baseAddress, buffer.count)
            } while count < 0
                && errno == EINTR
            count = max(count, 0)
        }
        return part.isEmpty ? nil : part
    }
}

/// The cids that a command is about.
struct CIDArguments: ParsableArguments {
    @Argument(help: "The cids of the records.")
    var cids: [String] = []

    @Flag(help: "Read more of them from standard input, separated by blanks or line ends.")
    var stdin = false

    /// - Throws: when there are none.
    func all() throws -> [String] {
        let all = cids + (stdin ? Input.words() : [])
        guard !all.isEmpty else { throw ValidationError("no cid is given") }
        return all
    }
}
