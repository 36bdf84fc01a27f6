public import Glibc
public import Libevent

/// A socket whose bytes are encrypted. Belongs to the loop's thread.
///
/// What `write` has taken may still wait here, because the socket took no more: `isFlushed` says so,
/// and a stream that is closed before loses it.
@safe public final class TLSStream: ByteStream {
    /// The encryption: what was agreed in the handshake.
    public let session: TLSSession
    /// Who is told when there is something to read, or room to write. Not held.
    public unowned var handler: (any ByteStreamHandler)?

    private let socket: SocketStream
    private var onHandshake: ((TLSFailure?) -> Void)?
    private var isWatchingReads = false
    private var isRereadScheduled = false
    private var wantsWritable = false
    /// Whether reading goes on once something was sent.
    private var isReadBlocked = false
    private var isShutdownWanted = false
    /// Whether the socket has another owner.
    private var isReleased = false
    /// Whether this side speaks first.
    private let isClient: Bool

    /// Takes a socket that was just accepted.
    public init(_ socket: SocketStream, context: TLSContext) {
        self.socket = socket
        session = TLSSession(descriptor: socket.descriptor, context: context)
        isClient = false
        socket.handler = self
    }

    /// Takes a socket that has connected to a server.
    /// - Parameter serverName: what the server's certificate has to contain.
    public init(_ socket: SocketStream, context: TLSClientContext, serverName: String) {
        self.socket = socket
        session = TLSSession(
            descriptor: socket.descriptor, context: context, serverName: serverName)
        isClient = true
        socket.handler = self
    }

    deinit { close() }

    /// The loop that watches the socket.
    public var loop: EventLoop { socket.loop }
    /// Whether the stream was closed on this side.
    public var isClosed: Bool { isReleased || socket.isClosed }
    /// Whether the peer still uses the connection, as far as the kernel knows.
    public var peerState: PeerState { socket.peerState }
    /// How many written bytes, encrypted, the peer has not acknowledged.
    public var unacknowledgedCount: Int { socket.unacknowledgedCount }
    /// Whether the kernel has all that `write` has taken.
    public var isFlushed: Bool { session.isEmpty }

    /// Starts the handshake. Nothing is read or written before its end.
    /// - Parameter done: called once, with the failure if it failed. The caller then closes the
    ///   stream, or answers on `releaseSocket()`.
    public func startHandshake(_ done: @escaping (TLSFailure?) -> Void) {
        onHandshake = done
        socket.watchReads()
        if isClient { continueHandshake() }
    }

    /// Gives up the socket after a failed handshake, so that the peer can still be answered, or can
    /// read why.
    public func releaseSocket() -> SocketStream {
        session.detach()
        socket.handler = nil
        isReleased = true
        return socket
    }

    private func continueHandshake() {
        switch session.handshake() {
        case .wantsRead: return
        case .wantsWrite: return socket.awaitWritable()
        case .failed(let failure): endHandshake(failure)
        case .done: endHandshake(nil)
        }
    }

    private func endHandshake(_ failure: TLSFailure?) {
        socket.ignoreReads()
        let done = onHandshake
        onHandshake = nil
        done?(failure)
        if failure == nil { scheduleReread() }
    }

    /// Reads what was decrypted. A failure counts as the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer) -> Libevent.ReadResult {
        switch unsafe session.read(into: buffer) {
        case .bytes(let count):
            scheduleReread()
            return .count(count)
        case .ended, .failed: return .ended
        case .blocked(let wantsWrite):
            isReadBlocked = wantsWrite
            if wantsWrite { socket.awaitWritable() }
            return .nothing
        }
    }

    /// Bytes that are decrypted already are announced by no event of the socket.
    private func scheduleReread() {
        guard session.hasBufferedInput, !isRereadScheduled else { return }
        isRereadScheduled = true
        LoopBound(self, on: loop).execute { $0.reread() }
    }

    private func reread() {
        isRereadScheduled = false
        guard isWatchingReads, !isClosed, session.hasBufferedInput else { return }
        handler?.streamIsReadable()
    }

    /// Encrypts and writes the pieces, as few records as they fit into.
    public func write(_ pieces: UnsafeBufferPointer<iovec>) -> WriteResult {
        guard flush() else { return session.failure == nil ? .count(0) : .ended }
        var taken = 0
        for index in pieces.indices {
            let bytes = unsafe UnsafeRawBufferPointer(
                start: pieces[index].iov_base, count: pieces[index].iov_len)
            let count = unsafe session.stage(bytes)
            taken += count
            if count < bytes.count { break }
        }
        _ = flush()
        return session.failure == nil ? .count(taken) : .ended
    }

    /// Sends what waits. Returns whether nothing waits any more.
    private func flush() -> Bool {
        switch session.flush() {
        case .done: return true
        case .wantsRead, .wantsWrite:
            socket.awaitWritable()
            return false
        case .failed: return false
        }
    }

    /// Starts to call `streamIsReadable()` whenever there is something to read.
    public func watchReads() {
        isWatchingReads = true
        socket.watchReads()
        scheduleReread()
    }

    /// Stops to call `streamIsReadable()`.
    public func ignoreReads() {
        isWatchingReads = false
        socket.ignoreReads()
    }

    /// Requests one call of `streamIsWritable()`, as soon as there is room to write.
    public func awaitWritable() {
        wantsWritable = true
        socket.awaitWritable()
    }

    /// Returns whether the peer has acknowledged nothing for `time` although it should.
    public func isUnanswered(for time: Duration) -> Bool { socket.isUnanswered(for: time) }

    /// Announces the end of the sending side, after what was written.
    public func shutdownWrites() {
        guard session.isEmpty else {
            isShutdownWanted = true
            return socket.awaitWritable()
        }
        session.finish()
        socket.shutdownWrites()
    }

    /// Closes the stream. Its end is announced to the peer as far as the socket takes it.
    public func close() {
        guard !isClosed else { return }
        // It holds the caller, which may hold the stream.
        onHandshake = nil
        session.finish()
        session.detach()
        socket.handler = nil
        socket.close()
    }
}

extension TLSStream: ByteStreamHandler {
    /// Continues the handshake, or reports what has arrived.
    public func streamIsReadable() {
        if onHandshake != nil { return continueHandshake() }
        if isWatchingReads { handler?.streamIsReadable() } else { socket.ignoreReads() }
    }

    /// Sends what waits, and reports that there is room.
    public func streamIsWritable() {
        if onHandshake != nil { return continueHandshake() }
        if !flush(), session.failure == nil { return }
        if isShutdownWanted {
            isShutdownWanted = false
            return shutdownWrites()
        }
        if isReadBlocked {
            isReadBlocked = false
            if isWatchingReads { handler?.streamIsReadable() }
        }
        guard wantsWritable, !isClosed else { return }
        wantsWritable = false
        handler?.streamIsWritable()
    }
}
