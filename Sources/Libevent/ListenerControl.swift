internal import CLibevent
internal import Glibc
internal import Synchronization

/// Takes a listening socket out of service and puts it back, from any thread and while its loop is
/// blocked.
///
/// The kernel spreads new connections over all sockets that listen on an address
/// (`SO_REUSEPORT`): those that a blocked loop gets wait for it. After `shutdown(2)` the socket no
/// longer takes part, and `listen(2)` brings it back.
public final class ListenerControl: Sendable {
    /// Connections that may wait to be accepted.
    static let backlog: Int32 = 1024

    private struct State {
        var descriptor: Int32
        var isStopped = false
    }

    private let state: Mutex<State>

    init(_ descriptor: Int32) { state = Mutex(State(descriptor: descriptor)) }

    /// Whether new connections may come to this socket.
    public var isAccepting: Bool { state.withLock { $0.descriptor >= 0 && !$0.isStopped } }

    /// Has new connections go to the other sockets of the address. The loop resumes by itself as
    /// soon as it runs again.
    /// - Parameter handOver: is given each connection that waits at this socket already, for
    ///   another loop's listener (`HTTPListener.accepted`), and owns it from then on; without it
    ///   they are reset. Called on this thread; must not call the control.
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
                // This one has left meanwhile; others may wait.
                if errno == ECONNABORTED || errno == EINTR { continue }
                return nil
            }
            evutil_make_socket_nonblocking(connection)
            evutil_make_socket_closeonexec(connection)
            if let peer = SocketAddress(storage) { return (connection, peer) }
            Glibc.close(connection)
        }
    }

    /// Takes new connections again.
    /// - Returns: whether they were stopped and come again.
    @discardableResult
    public func resumeAccepting() -> Bool {
        state.withLock { state in
            guard state.descriptor >= 0, state.isStopped else { return false }
            guard listen(state.descriptor, Self.backlog) == 0 else { return false }
            state.isStopped = false
            return true
        }
    }

    /// The socket is about to be closed: its number may soon be another's.
    func close() { state.withLock { $0.descriptor = -1 } }
}
