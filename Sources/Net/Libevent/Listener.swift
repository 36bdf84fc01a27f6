public import Addresses
internal import CLibevent
internal import Glibc

/// A listening socket of one loop. Several loops listen on the same address (`SO_REUSEPORT`), and
/// the kernel distributes the connections over them; or they share a socket that another process has
/// opened.
///
/// When no descriptors are left, accepting pauses for `retryDelay`: libevent would otherwise report
/// the same connection again and again (libevent#71). Belongs to the loop's thread.
@safe public final class Listener {
    /// The owner of a listener, called on the loop's thread.
    public protocol Delegate: AnyObject {
        /// Takes ownership of an accepted connection.
        func accepted(_ descriptor: Int32, from peer: SocketAddress)
        /// Receives the reason when accepting failed and pauses.
        func acceptingPaused(_ error: LibeventError)
    }

    /// The address, with the port that the system chose if 0 was requested.
    public let address: SocketAddress
    /// Stops and resumes accepting from any thread. Without effect on a shared socket, from which the
    /// other loops accept anyway.
    public let control: ListenerControl

    private static let retryDelay: Duration = .milliseconds(200)
    private let raw: OpaquePointer
    // Held: libevent's listener belongs to the loop's base and must be freed first.
    private let loop: EventLoop
    private let wheel: TimerWheel
    private weak var delegate: (any Delegate)?

    /// Starts to listen.
    /// - Throws: when the address is in use or not an address of this machine.
    public convenience init(
        on address: SocketAddress, loop: EventLoop, wheel: TimerWheel, delegate: any Delegate
    ) throws(LibeventError) {
        let flags = UInt32(
            LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE
                | LEV_OPT_REUSEABLE_PORT)
        let placeholder = Self.placeholder(address)
        defer { if let placeholder { Glibc.close(placeholder.descriptor) } }
        let address = placeholder?.address ?? address
        let raw = unsafe address.withSockaddr { address, length in
            unsafe evconnlistener_new_bind(
                loop.base, onAccept, nil, flags, ListenerControl.backlog, address, Int32(length))
        }
        guard let raw = unsafe raw else { throw LibeventError("bind to \(address)") }
        let control = ListenerControl(unsafe evconnlistener_get_fd(raw))
        unsafe self.init(raw, address, control, loop, wheel, delegate)
    }

    /// Accepts from a socket that another process has opened. Several loops may share one: each is
    /// woken for a connection, and one of them gets it.
    /// - Throws: when the process has no descriptor left.
    public convenience init(
        sharing socket: ListeningSocket, loop: EventLoop, wheel: TimerWheel, delegate: any Delegate
    ) throws(LibeventError) {
        let descriptor = try socket.duplicate()
        let flags = UInt32(LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC)
        // A backlog of 0 means that the socket listens already.
        guard let raw = unsafe evconnlistener_new(loop.base, onAccept, nil, flags, 0, descriptor)
        else {
            Glibc.close(descriptor)
            throw LibeventError("evconnlistener_new")
        }
        unsafe self.init(raw, socket.address, ListenerControl(-1), loop, wheel, delegate)
    }

    private init(
        _ raw: OpaquePointer, _ address: SocketAddress, _ control: ListenerControl,
        _ loop: EventLoop, _ wheel: TimerWheel, _ delegate: any Delegate
    ) {
        unsafe self.raw = raw
        self.address = address
        self.control = control
        self.loop = loop
        self.wheel = wheel
        self.delegate = delegate
        unsafe evconnlistener_set_cb(raw, onAccept, Unmanaged.passUnretained(self).toOpaque())
        unsafe evconnlistener_set_error_cb(raw, onAcceptError)
    }

    deinit {
        control.close()
        unsafe evconnlistener_free(raw)
    }

    /// Binds a socket to a free port if port 0 was requested, to reserve the port for the listener.
    /// A socket that got its port from the system would lose it when it stops accepting
    /// (`ListenerControl`).
    private static func placeholder(_ address: SocketAddress)
        -> (descriptor: Int32, address: SocketAddress)?
    {
        guard address.port == 0 else { return nil }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        guard descriptor >= 0 else { return nil }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, size)
        let code = unsafe address.withSockaddr { unsafe bind(descriptor, $0, $1) }
        guard code == 0, let bound = boundAddress(descriptor) else {
            Glibc.close(descriptor)
            return nil
        }
        return (descriptor, bound)
    }

    /// Returns the address to which a socket is bound; nil when it has none, or one of another family.
    static func boundAddress(_ descriptor: Int32) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        return code == 0 ? SocketAddress(storage) : nil
    }

    /// Sets an option of the listening socket. Accepted sockets inherit it on Linux, which saves a
    /// system call for each connection.
    public func setOption(_ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        let size = socklen_t(MemoryLayout<Int32>.size)
        unsafe setsockopt(evconnlistener_get_fd(raw), level, name, &value, size)
    }

    /// Returns whether another process listens on the address already. `SO_REUSEPORT` would share
    /// it, and each process would get a part of the connections.
    public static func isTaken(_ address: SocketAddress) -> Bool {
        guard address.port != 0 else { return false }
        let kind = Int32(SOCK_STREAM.rawValue)
        let probe = socket(address.isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        guard probe >= 0 else { return false }
        defer { close(probe) }
        var on: Int32 = 1
        unsafe setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let code = unsafe address.withSockaddr { unsafe bind(probe, $0, $1) }
        return code != 0 && errno == EADDRINUSE
    }

    fileprivate func accept(_ descriptor: Int32, from peer: UnsafePointer<sockaddr>, _ length: Int)
    {
        var storage = sockaddr_storage()
        unsafe withUnsafeMutableBytes(of: &storage) { storage in
            unsafe storage.copyMemory(
                from: UnsafeRawBufferPointer(start: peer, count: min(length, storage.count)))
        }
        guard let delegate, let peer = SocketAddress(storage) else {
            close(descriptor)
            return
        }
        delegate.accepted(descriptor, from: peer)
    }

    fileprivate func pause(_ error: LibeventError) {
        // Another thread stopped accepting while the loop was blocked; now the loop runs again.
        if error.code == EINVAL, control.resumeAccepting() { return }
        unsafe evconnlistener_disable(raw)
        delegate?.acceptingPaused(error)
        wheel.schedule(after: Self.retryDelay) { [weak self] in self?.resume() }
    }

    private func resume() { unsafe evconnlistener_enable(raw) }
}

@c private func onAccept(
    _: OpaquePointer?, descriptor: Int32, peer: UnsafeMutablePointer<sockaddr>?, length: Int32,
    context: UnsafeMutableRawPointer?
) {
    guard let context = unsafe context, let peer = unsafe peer else { return }
    unsafe Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue()
        .accept(descriptor, from: peer, Int(length))
}

@c private func onAcceptError(_: OpaquePointer?, context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    let error = LibeventError("accept")
    unsafe Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue().pause(error)
}
