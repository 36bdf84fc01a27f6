internal import FoundationEssentials
internal import Glibc

/// The input of a command: a file, a pipe that a shell passes as a file, or standard input.
struct Input: Sendable {
    static let standard = Input(descriptor: STDIN_FILENO, name: "standard input")

    let descriptor: Int32
    let name: String

    /// Opens a file, reads it and closes it.
    static func open<T>(_ path: String, _ read: (Input) async throws -> T) async throws -> T {
        let input = try Input(path)
        defer { close(input.descriptor) }
        return try await read(input)
    }

    /// Reads a whole file.
    static func file(_ path: String) throws -> Data {
        let input = try Input(path)
        defer { close(input.descriptor) }
        return try input.all()
    }

    private init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    private init(_ path: String) throws {
        self.init(descriptor: Glibc.open(path, O_RDONLY | O_CLOEXEC), name: path)
        guard descriptor >= 0 else { throw fault() }
        var status = stat()
        fstat(descriptor, &status)
        guard status.st_mode & S_IFMT != S_IFDIR else {
            close(descriptor)
            throw Exit.Failure(message: "\(path) is a directory: name the files in it")
        }
    }

    /// Reads to the end.
    func all() throws -> Data {
        var data = Data()
        while let part = try next() { data += part }
        return data
    }

    /// Reads words that spaces and line ends separate.
    func words() throws -> [String] {
        try all().split { $0 == 0x20 || (0x09...0x0D).contains($0) }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Reads the next part; nil at the end.
    /// - Throws: `Exit.Failure` when it cannot be read.
    func next() throws -> [UInt8]? {
        while true {
            var code: Int32 = 0
            let part = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                let length = read(descriptor, buffer.baseAddress, buffer.count)
                code = length < 0 ? errno : 0
                count = max(length, 0)
            }
            switch code {
            case 0: return part.isEmpty ? nil : part
            case EINTR: continue
            case EAGAIN:
                var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                poll(&wait, 1, -1)
            default: throw fault(code)
            }
        }
    }

    private func fault(_ code: Int32 = errno) -> Exit.Failure {
        Exit.Failure(message: "\(name) cannot be read: \(String(cString: strerror(code)))")
    }
}
