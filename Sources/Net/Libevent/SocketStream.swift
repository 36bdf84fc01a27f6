internal import CLibevent
internal import Glibc

/// A plain socket that a loop watches.
///
/// There is one for each idle subscriber, so its memory must stay small. Belongs to the loop's thread.
@safe public final class SocketStream: ByteStream {
    /// The loop that watches the socket.
    public let loop: EventLoop
    /// Who is told when the socket is readable or writable. Not held.
    public unowned var handler: (any ByteStreamHandler)?
    /// The socket, non-blocking; −1 after it was closed.
    public private(set) var descriptor: Int32

    /// What is waited for.
    private var interest: Int16 = 0
    /// The one event for both directions; nil before anything was waited for.
    private var rawEvent: UnsafeMutablePointer<event>?

    /// Takes ownership of a socket: it is closed with the object.
    public init(descriptor: Int32, loop: EventLoop) {
        self.descriptor = descriptor
        self.loop = loop
    }

    deinit { close() }

    /// Whether the socket was closed on this side.
    public var isClosed: Bool { descriptor < 0 }

    /// Always true: the kernel has all that was written.
    public var isFlushed: Bool { true }

    /// Starts to call `streamIsReadable()` whenever there is something to read.
    public func watchReads() { wait(for: interest | Int16(EV_READ)) }

    /// Stops to call `streamIsReadable()`.
    public func ignoreReads() { wait(for: interest & ~Int16(EV_READ)) }

    /// Requests one call of `streamIsWritable()`, as soon as the kernel takes bytes.
    public func awaitWritable() { wait(for: interest | Int16(EV_WRITE)) }

    private func wait(for wanted: Int16) {
        guard !isClosed, wanted != interest else { return }
        interest = wanted
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let flags = wanted | Int16(EV_PERSIST)
        let event = unsafe rawEvent ?? loop.socketEvents.take()
        if unsafe rawEvent != nil { unsafe event_del(event) }
        unsafe rawEvent = event
        unsafe event_assign(event, loop.base, descriptor, flags, onReady, context)
        if wanted != 0 { unsafe event_add(event, nil) }
    }

    /// Ends the sending side.
    public func shutdownWrites() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes the socket.
    public func close() {
        guard !isClosed else { return }
        if let event = unsafe rawEvent {
            unsafe event_del(event)
            unsafe loop.socketEvents.giveBack(event)
        }
        unsafe rawEvent = nil
        Glibc.close(descriptor)
        descriptor = -1
    }

    fileprivate func ready(_ what: Int16) {
        if what & Int16(EV_WRITE) != 0 {
            wait(for: interest & ~Int16(EV_WRITE))
            handler?.streamIsWritable()
        }
        // The handler may have closed the stream, or not want to read any more.
        if what & interest & Int16(EV_READ) != 0, !isClosed { handler?.streamIsReadable() }
    }
}

@c private func onReady(_: Int32, what: Int16, context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<SocketStream>.fromOpaque(context).takeUnretainedValue().ready(what)
}
