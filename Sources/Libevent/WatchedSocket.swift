internal import CLibevent
internal import Glibc

/// A socket under the eyes of a loop; subclasses say what happens when it can be read or written.
///
/// A class to inherit from and not a pair of closures, because a subscriber at rest is one of
/// these and must stay small. Belongs to the loop's thread.
@safe open class WatchedSocket {
    /// How far a peer has gone in leaving.
    public enum PeerState: Sendable {
        case connected
        /// It sends nothing more, and may still read.
        case finishedSending
        /// The connection is over.
        case gone
    }

    /// The loop that watches.
    public final let loop: EventLoop
    /// The socket, non-blocking; −1 once it is closed or handed on.
    public final private(set) var descriptor: Int32
    /// `POLLRDHUP`, which Swift's Glibc module leaves out.
    private static let pollReadHangUp: Int16 = 0x2000

    private final var readEvent: UnsafeMutablePointer<event>?
    private final var writeEvent: UnsafeMutablePointer<event>?

    /// Takes the socket over: it is closed with the object.
    public init(descriptor: Int32, loop: EventLoop) {
        self.descriptor = descriptor
        self.loop = loop
    }

    /// Takes the socket of another over, and with it what the kernel has been told of it: the
    /// change costs no system call. The other one is closed from now on.
    public init(inheriting other: WatchedSocket) {
        loop = other.loop
        unsafe readEvent = other.readEvent
        unsafe other.readEvent = nil
        descriptor = other.detach()
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        if let event = unsafe readEvent { unsafe directory_event_retarget(event, context) }
    }

    deinit { close() }

    /// There is something to read, or the peer has ended its side.
    open func readable() {}

    /// The kernel takes bytes again. Called once for each `awaitWritable()`.
    open func writable() {}

    /// Calls `readable()` from now on whenever there is something to read.
    public final func watchReads() {
        if unsafe readEvent == nil { unsafe readEvent = makeEvent(EV_READ | EV_PERSIST) }
        unsafe event_add(readEvent, nil)
    }

    /// Leaves what arrives with the kernel, which in time makes the peer wait.
    public final func ignoreReads() {
        if let event = unsafe readEvent { unsafe event_del(event) }
    }

    /// Calls `writable()` once, as soon as the kernel takes bytes.
    public final func awaitWritable() {
        if unsafe writeEvent == nil { unsafe writeEvent = makeEvent(EV_WRITE) }
        unsafe event_add(writeEvent, nil)
    }

    /// How far the peer has gone in leaving, as far as the kernel knows; nothing is read.
    public final var peerState: PeerState {
        var poll = pollfd(fd: descriptor, events: Self.pollReadHangUp, revents: 0)
        guard unsafe Glibc.poll(&poll, 1, 0) > 0 else { return .connected }
        let ended = Int32(poll.revents) & (POLLERR | POLLHUP | POLLNVAL) != 0
        return ended ? .gone : .finishedSending
    }

    /// Whether the peer has not answered for `time` although it should: what was sent to it was sent
    /// again, or its window was asked for again, both more than once. A peer that only stops to
    /// read answers.
    public final func isUnanswered(for time: Duration) -> Bool {
        var info = tcp_info()
        var size = socklen_t(MemoryLayout<tcp_info>.size)
        let code = unsafe getsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size)
        guard code == 0, info.tcpi_retransmits > 1 || info.tcpi_probes > 1 else { return false }
        return .milliseconds(info.tcpi_last_ack_recv) >= time
    }

    /// How many bytes that were written the peer has not acknowledged.
    public final var unacknowledgedCount: Int { max(0, Int(directory_unacknowledged(descriptor))) }

    /// Ends the sending side; the peer reads an end of stream behind what was sent.
    public final func shutdownWrites() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes the socket; no call follows.
    public final func close() {
        let descriptor = detach()
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    /// Gives the socket up without closing it.
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
