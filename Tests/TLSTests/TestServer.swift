import Foundation
import Glibc
import TLS
import TestSupport

/// One side of a connection, driven by a thread that waits with `poll`.
final class TestConnection {
    let descriptor: Int32
    let session: TLSSession
    private let deadline = ContinuousClock.now + .seconds(20)

    init(descriptor: Int32, session: TLSSession) {
        self.descriptor = descriptor
        self.session = session
    }

    deinit { close(descriptor) }

    private func wait(_ events: Int32) throws {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        let rest = ContinuousClock.now.duration(to: deadline)
        guard rest > .zero, poll(&entry, 1, Int32(rest.components.seconds) * 1000 + 999) != 0 else {
            throw ProgramFailure(description: "nothing happened in time")
        }
    }

    private func complete(_ step: () -> TLSSession.Progress) throws {
        while true {
            switch step() {
            case .done: return
            case .wantsRead: try wait(POLLIN)
            case .wantsWrite: try wait(POLLOUT)
            case .failed(let failure): throw failure
            }
        }
    }

    func handshake() throws { try complete(session.handshake) }

    /// The next bytes; empty at the end.
    func read(_ size: Int = 32 << 10) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: size)
        while true {
            switch buffer.withUnsafeMutableBytes({ session.read(into: $0) }) {
            case .bytes(let count): return Array(buffer[..<count])
            case .ended: return []
            case .blocked(let wantsWrite): try wait(wantsWrite ? POLLOUT : POLLIN)
            case .failed(let failure): throw failure
            }
        }
    }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            rest = rest.dropFirst(rest.withUnsafeBytes { session.stage($0) })
            try complete(session.flush)
        }
    }

    /// Ends the sending side, and reads what the peer still sends, so that it can read all.
    func linger() {
        shutdown(descriptor, Int32(SHUT_WR))
        var buffer = [UInt8](repeating: 0, count: 4096)
        while (try? wait(POLLIN)) != nil {
            if recv(descriptor, &buffer, buffer.count, 0) <= 0 { return }
        }
    }
}

/// Accepts connections on a port of loopback, and lets a closure serve each on a thread of its own.
final class TestServer: Sendable {
    let port: UInt16
    /// The failures of all connections so far.
    let failures = Locked<[TLSFailure]>([])
    private let descriptor: Int32

    var address: String { "127.0.0.1:\(port)" }

    /// - Parameter body: gets the connection after the handshake.
    convenience init(
        _ configuration: TLSConfiguration,
        body: @escaping @Sendable (TestConnection) throws -> Void
    ) throws {
        let store = try TLSStore(configuration)
        try self.init(context: { store.current }, body: body)
    }

    init(
        context: @escaping @Sendable () -> TLSContext,
        failed: @escaping @Sendable (TestConnection, TLSFailure) -> Void = { _, _ in },
        body: @escaping @Sendable (TestConnection) throws -> Void
    ) throws {
        (descriptor, port) = try listenOnLoopback()
        Thread.detachNewThread { [descriptor, failures] in
            while case let accepted = accept(descriptor, nil, nil), accepted >= 0 {
                _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
                Thread.detachNewThread {
                    let connection = TestConnection(
                        descriptor: accepted,
                        session: TLSSession(descriptor: accepted, context: context()))
                    do {
                        try connection.handshake()
                        try body(connection)
                        connection.session.finish()
                    } catch {
                        guard let failure = error as? TLSFailure else { return }
                        failed(connection, failure)
                        failures.withLock { $0.append(failure) }
                    }
                    connection.linger()
                }
            }
        }
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// The kind of the first failure, after waiting for it.
    func firstFailure() async throws -> TLSFailure {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if let failure = failures.withLock({ $0.first }) { return failure }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw ProgramFailure(description: "no connection failed in time")
    }
}

/// Both sides of a connection in one thread, over TCP on loopback.
struct TestPair {
    let server: TestConnection
    let client: TestConnection

    /// Connects, and completes the handshake.
    /// - Parameter sendBuffer: of the server's socket, in bytes.
    init(sendBuffer: Int32? = nil, receiveBuffer: Int32? = nil) throws {
        let certificates = try TestCertificates.get()
        let (accepted, connected) = try Self.sockets(sendBuffer, receiveBuffer)
        let context = try TLSContext(.init(certificates: [certificates.files("server")]))
        let clientContext = try TLSClientContext(.init(trust: .file(certificates.ca)))
        server = TestConnection(
            descriptor: accepted, session: TLSSession(descriptor: accepted, context: context))
        client = TestConnection(
            descriptor: connected,
            session: TLSSession(
                descriptor: connected, context: clientContext, serverName: "localhost"))
        try establish()
    }

    private func establish() throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            let steps = (client.session.handshake(), server.session.handshake())
            if case (.done, .done) = steps { return }
            if case .failed(let failure) = steps.0 { throw failure }
            if case .failed(let failure) = steps.1 { throw failure }
        }
        throw ProgramFailure(description: "the handshake did not end in time")
    }

    /// A socket that is connected to a port of loopback, non-blocking from then on.
    static func connect(_ port: UInt16, receiveBuffer: Int32? = nil) throws -> Int32 {
        let connected = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let size = socklen_t(MemoryLayout<Int32>.size)
        if var receiveBuffer {
            setsockopt(connected, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, size)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(connected, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw ProgramFailure(description: "no connection: \(errno)") }
        _ = fcntl(connected, F_SETFL, O_NONBLOCK)
        return connected
    }

    static func sockets(_ sendBuffer: Int32?, _ receiveBuffer: Int32?) throws -> (Int32, Int32) {
        let (listener, port) = try listenOnLoopback()
        defer { close(listener) }
        let connected = try connect(port, receiveBuffer: receiveBuffer)
        let accepted = accept(listener, nil, nil)
        _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
        guard accepted >= 0 else {
            throw ProgramFailure(description: "no connection: \(errno)")
        }
        if var sendBuffer {
            let size = socklen_t(MemoryLayout<Int32>.size)
            setsockopt(accepted, SOL_SOCKET, SO_SNDBUF, &sendBuffer, size)
        }
        return (accepted, connected)
    }
}
