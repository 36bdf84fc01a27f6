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

    private var readEvent: UnsafeMutablePointer<event>?
    private var writeEvent: UnsafeMutablePointer<event>?

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
    public func watchReads() {
        guard !isClosed else { return }
        if unsafe readEvent == nil { unsafe readEvent = makeEvent(EV_READ | EV_PERSIST) }
        unsafe event_add(readEvent, nil)
    }

    /// Stops to call `streamIsReadable()`.
    public func ignoreReads() {
        if let event = unsafe readEvent { unsafe event_del(event) }
    }

    /// Requests one call of `streamIsWritable()`, as soon as the kernel takes bytes.
    public func awaitWritable() {
        guard !isClosed else { return }
        if unsafe writeEvent == nil { unsafe writeEvent = makeEvent(EV_WRITE) }
        unsafe event_add(writeEvent, nil)
    }

    /// Ends the sending side.
    public func shutdownWrites() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes the socket.
    public func close() {
        guard !isClosed else { return }
        if let event = unsafe readEvent { unsafe event_free(event) }
        if let event = unsafe writeEvent { unsafe event_free(event) }
        unsafe readEvent = nil
        unsafe writeEvent = nil
        Glibc.close(descriptor)
        descriptor = -1
    }

    private func makeEvent(_ flags: Int32) -> UnsafeMutablePointer<event> {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let event = unsafe event_new(loop.base, descriptor, Int16(flags), onReady, context)
        guard let event = unsafe event else { fatalError("out of memory") }
        return unsafe event
    }

    fileprivate func ready(_ what: Int32) {
        if what & EV_READ != 0 { handler?.streamIsReadable() } else { handler?.streamIsWritable() }
    }
}

@c private func onReady(_: Int32, what: Int16, context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<SocketStream>.fromOpaque(context).takeUnretainedValue().ready(Int32(what))
}
