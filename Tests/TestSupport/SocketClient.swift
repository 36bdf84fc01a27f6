import Foundation
import Glibc

/// A bare TCP client that sends whatever bytes a test likes. One call at a time.
public final class SocketClient: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String

        public init(description: String) { self.description = description }
    }

    private let descriptor: Int32
    private let buffer = Box<[UInt8]>([])

    /// Connects to `127.0.0.x:port`.
    /// - Parameters:
    ///   - timeout: how long a read may take before the test fails, in seconds. Long, because tests that
    ///     compute may keep all threads of the pool on which a gateway answers.
    ///   - receiveBuffer: bytes; small for a reader that is to fall behind.
    public init(_ address: String, timeout: Int = 120, receiveBuffer: Int32? = nil) throws {
        let parts = address.split(separator: ":")
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(
            descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if var size = receiveBuffer {
            setsockopt(
                descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var peer = sockaddr_in()
        peer.sin_family = sa_family_t(AF_INET)
        peer.sin_port = (UInt16(parts[1]) ?? 0).bigEndian
        inet_pton(AF_INET, String(parts[0]), &peer.sin_addr)
        let code = withUnsafePointer(to: &peer) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            throw Failure(description: "cannot connect to \(address): \(errno)")
        }
    }

    deinit { close(descriptor) }

    /// Sends bytes as they are.
    public func send(_ bytes: [UInt8]) async throws {
        try await perform { [descriptor] in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw Failure(description: "send failed: \(errno)") }
                rest = rest.dropFirst(count)
            }
        }
    }

    public func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Ends the sending side.
    public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends the connection with a reset, as a client that crashed.
    public func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &linger,
            socklen_t(MemoryLayout.size(ofValue: linger)))
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Everything up to and with `mark`.
    public func read(through mark: String) async throws -> String {
        let mark = Array(mark.utf8)
        let bytes = try await perform { [self] in
            while true {
                if let range = buffer.value.firstRange(of: mark) {
                    let bytes = Array(buffer.value[..<range.upperBound])
                    buffer.value.removeSubrange(..<range.upperBound)
                    return bytes
                }
                guard try receive() else {
                    let rest = String(decoding: buffer.value, as: UTF8.self)
                    throw Failure(description: "the stream ended before \(mark): \(rest)")
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    public func read(count: Int) async throws -> [UInt8] {
        try await perform { [self] in
            while buffer.value.count < count {
                guard try receive() else { throw Failure(description: "the stream ended early") }
            }
            defer { buffer.value.removeFirst(count) }
            return Array(buffer.value.prefix(count))
        }
    }

    /// Everything up to the end of the stream.
    public func readToEnd() async throws -> [UInt8] {
        try await perform { [self] in
            while try receive() {}
            defer { buffer.value = [] }
            return buffer.value
        }
    }

    /// What has arrived; waits for at least one byte. Empty at the end of the stream.
    public func readSome() async throws -> [UInt8] {
        try await perform { [self] in
            if buffer.value.isEmpty { _ = try receive() }
            defer { buffer.value = [] }
            return buffer.value
        }
    }

    /// Whether the peer has closed; waits for it.
    public func isClosedByPeer() async throws -> Bool {
        try await perform { [self] in try !receive() }
    }

    private func receive() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        var count = recv(descriptor, &chunk, chunk.count, 0)
        // The programs that other tests start end with a signal to this process.
        while count < 0, errno == EINTR { count = recv(descriptor, &chunk, chunk.count, 0) }
        if count < 0, errno == ECONNRESET { return false }
        guard count >= 0 else { throw Failure(description: "nothing came in time") }
        buffer.value += chunk[..<count]
        return count > 0
    }

    private func perform<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T
    {
        try await blocking(body)
    }
}

/// Runs what blocks on a thread of its own: the pools of concurrency and Dispatch are small, and the
/// gateway under test lives on them too.
public func blocking<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}

/// A value that one thread at a time touches.
final class Box<Value>: @unchecked Sendable {
    var value: Value

    init(_ value: Value) { self.value = value }
}
