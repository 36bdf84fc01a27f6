public import Addresses
internal import CLibevent
internal import Glibc
internal import Synchronization

/// Stops and resumes accepting on a listening socket, from any thread, also while its loop is
/// blocked.
///
/// The kernel distributes new connections over all sockets that listen on an address
/// (`SO_REUSEPORT`); those of a blocked loop have to wait for it. `shutdown(2)` removes a socket
/// from this distribution, and `listen(2)` adds it again.
public final class ListenerControl: Sendable {
    /// How many connections may wait to be accepted.
    static let backlog: Int32 = 1024

    private struct State {
        var descriptor: Int32
        var isStopped = false
    }

    private let state: Mutex<State>

    init(_ descriptor: Int32) { state = Mutex(State(descriptor: descriptor)) }

    /// Whether the socket gets new connections.
    public var isAccepting: Bool { state.withLock { $0.descriptor >= 0 && !$0.isStopped } }

    /// Stops accepting, so that new connections go to the other sockets of the address. The loop
    /// resumes by itself as soon as it runs again.
    /// - Parameter handOver: called on this thread with each connection that waits at this socket,
    ///   for another loop's listener (`HTTPListener.serve`). It takes ownership, and must not
    ///   call the control. Without it these connections are reset.
    public func stopAccepting(
        handOver: ((_ descriptor: Int32, _ peer: SocketAddress) -> Void)? = nil
    ) {
        state.withLock { state in
            guard state.descriptor >= 0, !state.isStopped else { return }
            if let handOver {
                while let (connection, peer) = Self.accept(state.descriptor) {
                    handOver(connection, peer)
                }
            }
            state.isStopped = shutdown(state.descriptor, Int32(SHUT_RD)) == 0
        }
    }

    private static func accept(_ descriptor: Int32) -> (Int32, SocketAddress)? {
        while true {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let connection = unsafe withUnsafeMutablePointer(to: &storage) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe Glibc.accept(descriptor, $0, &length)
                }
            }
            guard connection >= 0 else {
                // This connection was closed meanwhile; others may wait.
                if errno == ECONNABORTED || errno == EINTR { continue }
                return nil
            }
            evutil_make_socket_nonblocking(connection)
            evutil_make_socket_closeonexec(connection)
            if let peer = SocketAddress(storage) { return (connection, peer) }
            Glibc.close(connection)
        }
    }

    /// Resumes accepting.
    /// - Returns: whether accepting was stopped and has resumed.
    @discardableResult
    public func resumeAccepting() -> Bool {
        state.withLock { state in
            guard state.descriptor >= 0, state.isStopped else { return false }
            guard listen(state.descriptor, Self.backlog) == 0 else { return false }
            state.isStopped = false
            return true
        }
    }

    /// Forgets the socket before it is closed: its number may then be used for another one.
    func close() { state.withLock { $0.descriptor = -1 } }
}
