internal import Glibc
internal import Synchronization

/// Takes a listening socket out of service and puts it back, from any thread and while its loop is
/// blocked.
///
/// The kernel spreads new connections over all sockets that listen on an address
/// (`SO_REUSEPORT`): those that a blocked loop gets wait for it. After `shutdown(2)` the socket no
/// longer takes part, and `listen(2)` brings it back. Connections that wait in its queue at that
/// moment are reset, unless the system hands them on (`net.ipv4.tcp_migrate_req`).
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
    public func stopAccepting() {
        state.withLock { state in
            guard state.descriptor >= 0, !state.isStopped else { return }
            state.isStopped = shutdown(state.descriptor, Int32(SHUT_RD)) == 0
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
