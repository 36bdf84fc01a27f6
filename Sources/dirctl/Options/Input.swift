internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc

/// What a command reads: files, or standard input.
enum Input {
    static func file(_ path: String) throws -> Data {
        do { return try Data(contentsOf: URL(filePath: path)) } catch {
            throw Exit.Failure(message: "\(path) cannot be read: is it there, and a file?")
        }
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
