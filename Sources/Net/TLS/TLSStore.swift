internal import Glibc
internal import Synchronization

/// The current certificates of a server, which are read again on demand or when a file has changed.
public final class TLSStore: Sendable {
    /// What a look at the files led to.
    public enum Change: Sendable {
        /// The files are as before.
        case unchanged
        /// New connections use what is in the files now.
        case reloaded
        /// The files have changed and are not usable; those of before stay in use. Said once for each
        /// change.
        case failed(TLSConfigurationError)
    }

    private let configuration: TLSConfiguration
    private let context: Mutex<TLSContext>
    /// What the files were when they were read last; held while they are read.
    private let stamps: Mutex<[FileStamp?]>

    /// Loads a configuration. Reads files: some milliseconds.
    public init(_ configuration: TLSConfiguration) throws(TLSConfigurationError) {
        self.configuration = configuration
        // Before the files are read: what changes meanwhile is seen by the next look.
        stamps = Mutex(Self.stamps(configuration))
        context = Mutex(try TLSContext(configuration))
    }

    /// What new connections use.
    public var current: TLSContext { context.withLock { $0 } }

    /// Reads all files again. Connections that exist stay as they are; sessions of the old
    /// certificates are not resumed.
    /// - Throws: what is wrong with the files; those of before stay in use.
    public func reload() throws(TLSConfigurationError) {
        try stamps.withLock { (stamps) throws(TLSConfigurationError) in
            stamps = Self.stamps(configuration)
            try load()
        }
    }

    /// Reads the files again if one of them has changed. Costs a `stat` for each when none has.
    public func reloadIfChanged() -> Change {
        stamps.withLock { stamps in
            let found = Self.stamps(configuration)
            guard found != stamps else { return .unchanged }
            stamps = found
            do throws(TLSConfigurationError) {
                try load()
                return .reloaded
            } catch {
                return .failed(error)
            }
        }
    }

    private func load() throws(TLSConfigurationError) {
        let loaded = try TLSContext(configuration)
        context.withLock { $0 = loaded }
    }

    private static func stamps(_ configuration: TLSConfiguration) -> [FileStamp?] {
        configuration.files.map(FileStamp.init)
    }
}

/// By what a change of a file is seen, also when another file took its place.
private struct FileStamp: Equatable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int

    /// Nil when there is no such file.
    init?(path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        device = status.st_dev
        inode = status.st_ino
        size = status.st_size
        // The time of the last change of any kind, which no program sets back.
        seconds = status.st_ctim.tv_sec
        nanoseconds = status.st_ctim.tv_nsec
    }
}
