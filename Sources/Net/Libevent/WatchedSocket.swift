internal import CLibevent
internal import Glibc

/// A socket that a loop watches. Subclasses implement what happens when it is readable or writable.
///
/// A base class and not a pair of closures, because each idle subscriber has one of these, and its
/// memory must stay small. Belongs to the loop's thread.
@safe open class WatchedSocket {
    /// Whether a peer still uses its connection.
    public enum PeerState: Sendable {
        /// The connection is open in both directions.
        case connected
        /// The peer has ended its sending side, and may still read.
        case finishedSending
        /// The connection has ended.
        case gone
    }

    /// The loop that watches the socket.
    public final let loop: EventLoop
    /// The socket, non-blocking; −1 after it was closed or detached.
    public final private(set) var descriptor: Int32
    /// `POLLRDHUP`, which Swift's Glibc module leaves out.
    private static let pollReadHangUp: Int16 = 0x2000

    private final var readEvent: UnsafeMutablePointer<event>?
    private final var writeEvent: UnsafeMutablePointer<event>?

    /// Takes ownership of a socket: it is closed with the object.
    public init(descriptor: Int32, loop: EventLoop) {
        self.descriptor = descriptor
        self.loop = loop
    }

    /// Takes the socket of another object, with its read event: this costs no system call. The other
    /// object counts as closed from now on.
    public init(inheriting other: WatchedSocket) {
        loop = other.loop
        unsafe readEvent = other.readEvent
        unsafe other.readEvent = nil
        descriptor = other.detach()
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        if let event = unsafe readEvent { unsafe directory_event_retarget(event, context) }
    }

    deinit { close() }

    /// Called when there is something to read, or the peer has ended its sending side.
    open func readable() {}

    /// Called when the kernel takes bytes again, once for each `awaitWritable()`.
    open func writable() {}

    /// Starts to call `readable()` whenever there is something to read.
    public final func watchReads() {
        if unsafe readEvent == nil { unsafe readEvent = makeEvent(EV_READ | EV_PERSIST) }
        unsafe event_add(readEvent, nil)
    }

    /// Stops to call `readable()`. What arrives stays in the kernel, whose flow control makes the
    /// peer wait.
    public final func ignoreReads() {
        if let event = unsafe readEvent { unsafe event_del(event) }
    }

    /// Requests one call of `writable()`, as soon as the kernel takes bytes.
    public final func awaitWritable() {
        if unsafe writeEvent == nil { unsafe writeEvent = makeEvent(EV_WRITE) }
        unsafe event_add(writeEvent, nil)
    }

    /// Whether the peer still uses its connection, as far as the kernel knows. Reads nothing.
    public final var peerState: PeerState {
        var poll = pollfd(fd: descriptor, events: Self.pollReadHangUp, revents: 0)
        guard unsafe Glibc.poll(&poll, 1, 0) > 0 else { return .connected }
        let ended = Int32(poll.revents) & (POLLERR | POLLHUP | POLLNVAL) != 0
        return ended ? .gone : .finishedSending
    }

    /// Returns whether the peer has acknowledged nothing for `time` although it should: the kernel
    /// has retransmitted data or repeated window probes, more than once (`TCP_INFO`). A peer that
    /// only stops reading still acknowledges probes.
    public final func isUnanswered(for time: Duration) -> Bool {
        var info = tcp_info()
        var size = socklen_t(MemoryLayout<tcp_info>.size)
        let code = unsafe getsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size)
        guard code == 0, info.tcpi_retransmits > 1 || info.tcpi_probes > 1 else { return false }
        return .milliseconds(info.tcpi_last_ack_recv) >= time
    }

    /// How many written bytes the peer has not acknowledged.
    public final var unacknowledgedCount: Int { max(0, Int(directory_unacknowledged(descriptor))) }

    /// Ends the sending side. The peer reads the end of the stream after what was sent.
    public final func shutdownWrites() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes the socket. `readable()` and `writable()` are not called afterwards.
    public final func close() {
        let descriptor = detach()
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    /// Gives up the socket without closing it.
    /// - Returns: the socket, or −1 when it was closed before.
    public final func detach() -> Int32 {
        if let event = unsafe readEvent { unsafe event_free(event) }
        if let event = unsafe writeEvent { unsafe event_free(event) }
        unsafe readEvent = nil
        unsafe writeEvent = nil
        defer { descriptor = -1 }
        return descriptor
    }

    private final func makeEvent(_ flags: Int32) -> UnsafeMutablePointer<event> {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let event = unsafe event_new(loop.base, descriptor, Int16(flags), onReady, context)
        guard let event = unsafe event else { fatalError("out of memory") }
        return unsafe event
    }
}

@c private func onReady(_: Int32, what: Int16, context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    let socket = unsafe Unmanaged<WatchedSocket>.fromOpaque(context).takeUnretainedValue()
    if Int32(what) & EV_READ != 0 { socket.readable() } else { socket.writable() }
}
