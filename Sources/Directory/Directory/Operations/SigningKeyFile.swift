internal import FoundationEssentials
internal import Glibc
internal import Records
internal import Synchronization
internal import Text

/// The file of the gateway's own key. It is read once, when it is first needed. A missing file is
/// created then, but only below the data directory.
public final class SigningKeyFile: Sendable {
    private let path: String
    private let directory: String
    private let mayBeMade: Bool
    private let key = Mutex<SigningKey?>(nil)

    /// Names the file, without reading it.
    /// - Parameters:
    ///   - name: relative to `directory`, or absolute.
    ///   - directory: the data directory.
    public init(_ name: String, in directory: String) {
        self.directory = directory
        mayBeMade = !name.hasBytePrefix("/")
        path = mayBeMade ? "\(directory)/\(name)" : name
    }

    /// Returns the key. Blocks the thread while the key is read or created.
    /// - Throws: `KeyError.unusable`.
    func load() throws(KeyError) -> SigningKey {
        let loaded: Result<SigningKey, KeyError> = key.withLock { key in
            if let key { return .success(key) }
            let loaded = Result { () throws(KeyError) in try readOrMake() }
            key = try? loaded.get()
            return loaded
        }
        return try loaded.get()
    }

    private func readOrMake() throws(KeyError) -> SigningKey {
        if let data = FileManager.default.contents(atPath: path) {
            return try SigningKey(pem: String(decoding: data, as: UTF8.self))
        }
        var status = stat()
        guard mayBeMade, lstat(path, &status) != 0, errno == ENOENT else {
            throw .unusable("the signing key \(path) cannot be read")
        }
        let (key, pem) = try SigningKey.make()
        try write(Array(pem.utf8))
        return key
    }

    /// Writes the key. Only the owner may read it at any time, and a crash must not leave a part of it.
    private func write(_ bytes: [UInt8]) throws(KeyError) {
        let draft = path + ".new"
        unlink(draft)
        let descriptor = open(draft, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable("the signing key \(path) cannot be created") }
        defer { close(descriptor) }
        let written = Glibc.write(descriptor, bytes, bytes.count)
        guard written == bytes.count, fsync(descriptor) == 0, rename(draft, path) == 0 else {
            throw .unusable("the signing key \(path) cannot be written")
        }
        let parent = open(directory, O_DIRECTORY | O_RDONLY | O_CLOEXEC)
        if parent >= 0 {
            fsync(parent)
            close(parent)
        }
    }
}
