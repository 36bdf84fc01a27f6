import Foundation
import Glibc

/// A program that a test starts, by `posix_spawn`.
///
/// Foundation's `Process` and `FileHandle` end the test run now and then: they take a read that a
/// signal has interrupted for a fatal error, and every child that ends is a signal.
public final class ChildProcess: @unchecked Sendable {
    public enum TerminationReason: Sendable { case exit, uncaughtSignal }

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public var executableURL: URL?
    public var arguments: [String] = []
    public var environment = ProcessInfo.processInfo.environment
    public var currentDirectoryURL: URL?
    /// What is not set is `/dev/null`, or for the last the test run's own.
    public var standardInput: ChildPipe?
    public var standardOutput: ChildPipe?
    public var standardError: ChildPipe?
    public private(set) var processIdentifier: pid_t = 0
    private let ended = NSCondition()
    private var status: Int32?

    /// Held while a program is started and while a pipe is made: no child inherits the ends of
    /// another one's pipe.
    static let starting = NSLock()

    public init() {}

    /// Starts the program.
    public func run() throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let standardInput {
            posix_spawn_file_actions_adddup2(&actions, standardInput.reader, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        if let standardOutput {
            posix_spawn_file_actions_adddup2(&actions, standardOutput.writer, 1)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        }
        if let standardError {
            posix_spawn_file_actions_adddup2(&actions, standardError.writer, 2)
        }
        var program = executableURL?.path ?? ""
        var words = [program] + arguments
        if let path = currentDirectoryURL?.path {
            program = "/usr/bin/env"
            words = [program, "-C", path] + words
        }
        let argv = words.map { strdup($0) } + [nil]
        let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        let code = Self.starting.withLock {
            Self.keepDescriptors()
            return posix_spawn(&processIdentifier, program, &actions, nil, argv, envp)
        }
        guard code == 0 else {
            throw Failure(description: "\(program): \(String(cString: strerror(code)))")
        }
        standardInput?.closeReader()
        standardOutput?.closeWriter()
        standardError?.closeWriter()
        // Also if no test waits: a child that has ended must not stay, for the test library looks at all
        // children again and again while one does.
        Thread.detachNewThread { self.await() }
    }

    /// Keeps all descriptors of this process from the next child. Libraries open sockets without
    /// FD_CLOEXEC: a connection that its test closes would stay open for as long as the child lives, and
    /// its server would wait.
    private static func keepDescriptors() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for number in names.compactMap({ Int32($0) }) where number > 2 {
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        }
    }

    private func await() {
        var status: Int32 = 0
        while waitpid(processIdentifier, &status, 0) < 0, errno == EINTR {}
        ended.withLock {
            self.status = status
            ended.broadcast()
        }
    }

    /// Blocks until the program has ended.
    public func waitUntilExit() {
        ended.withLock { while status == nil { ended.wait() } }
    }

    /// Whether the program has not ended.
    public var isRunning: Bool { ended.withLock { status == nil && processIdentifier > 0 } }

    /// The exit code, or the signal that ended it.
    public var terminationStatus: Int32 {
        let status: Int32 = ended.withLock { self.status ?? 0 }
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : status & 0x7F
    }

    public var terminationReason: TerminationReason {
        let status: Int32 = ended.withLock { self.status ?? 0 }
        return status & 0x7F == 0 ? .exit : .uncaughtSignal
    }

    /// Sends SIGTERM.
    public func terminate() { kill(processIdentifier, SIGTERM) }
}

/// A pipe to or from a program.
public final class ChildPipe: @unchecked Sendable {
    let reader: Int32
    let writer: Int32
    private let lock = NSLock()
    private var readerIsOpen = true
    private var writerIsOpen = true

    public init() {
        var ends: [Int32] = [-1, -1]
        // Closed to other children: otherwise the end might never be read.
        ChildProcess.starting.withLock {
            pipe(&ends)
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        }
        (reader, writer) = (ends[0], ends[1])
    }

    deinit {
        closeReader()
        closeWriter()
    }

    /// The number of the writing end, for what is to be written to directly.
    public var writingDescriptor: Int32 { writer }

    /// What has come, waiting for the first byte; empty at the end.
    public func availableData() -> Data {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(reader, &bytes, bytes.count)
            if count >= 0 { return Data(bytes[..<count]) }
            if errno != EINTR { return Data() }
        }
    }

    /// Everything up to the end.
    public func readToEnd() -> Data {
        var all = Data()
        while true {
            let part = availableData()
            if part.isEmpty { return all }
            all += part
        }
    }

    public func write(_ data: Data) {
        var rest = Array(data)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(writer, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { return }
            rest = rest.dropFirst(max(0, count))
        }
    }

    public func closeWriter() {
        lock.withLock {
            if writerIsOpen { close(writer) }
            writerIsOpen = false
        }
    }

    public func closeReader() {
        lock.withLock {
            if readerIsOpen { close(reader) }
            readerIsOpen = false
        }
    }
}
