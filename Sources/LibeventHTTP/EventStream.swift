internal import Glibc
public import Libevent
public import Wire

/// The open end of an answer that never ends by itself: a socket and almost nothing else.
///
/// Frames go straight to the socket. What the kernel does not take stays with the caller, who is
/// told when there is room again. Belongs to the loop's thread.
public final class EventStream: WatchedSocket {
    /// What the owner of a stream is told.
    public protocol Delegate: AnyObject {
        /// The kernel takes bytes again.
        func streamIsWritable(_ stream: EventStream)
        /// The stream is over; called once.
        func streamClosed(_ stream: EventStream)
    }

    /// How frames are delimited on this connection.
    public let framing: Frame.Framing
    /// The numeric address of the peer.
    public let remoteAddress: String
    /// Under what the peer counts where a client may have only so much.
    public let addressKey: AddressKey
    /// Bytes handed to the kernel, the header included.
    public var bytesSent: Int { sentCount }
    public weak var delegate: (any Delegate)?

    /// What a client may send on an open stream before it is shown the door.
    private static let inputLimit = 4096

    private let limiter: ConnectionLimiter?
    private let registry: StreamRegistry?
    /// The place in the registry; −1 when it has none.
    var position = -1
    private var wasUnanswered = false
    private var head: [UInt8] = []
    private var input = 0
    // Not public: so the compiler can prove that nobody else is at it, which would else be checked
    // with every delivery.
    private var sentCount = 0
    private var isEnding = false

    /// - Parameter connection: whose socket becomes the stream's; it may be over already.
    init(
        from connection: Connection, framing: Frame.Framing, limiter: ConnectionLimiter?,
        registry: StreamRegistry?
    ) {
        self.registry = registry
        self.framing = framing
        self.limiter = limiter
        remoteAddress = connection.remoteAddress
        addressKey = connection.addressKey
        super.init(inheriting: connection)
        _ = limiter?.acquire(addressKey)
        registry?.add(self)
    }

    deinit {
        registry?.remove(self)
        limiter?.release(addressKey)
    }

    /// Whether the stream is over.
    public var isClosed: Bool { descriptor < 0 }

    func open(_ bytes: [UInt8]) {
        guard !isClosed else { return }
        watchReads()
        head = bytes
        flushHead()
    }

    /// Writes as much of `run` as the kernel takes; the caller keeps the rest.
    /// - Returns: how many bytes are gone; 0 also when the stream is over.
    public func send(_ run: FrameRun) -> Int {
        guard !isClosed, head.isEmpty else { return 0 }
        var sent = 0
        while sent < run.byteCount {
            let count = run.send(to: descriptor, from: sent)
            if count <= 0 {
                let code = errno
                if code == EINTR { continue }
                if code == EAGAIN { awaitWritable() } else { end() }
                break
            }
            sent += count
        }
        sentCount += sent
        return sent
    }

    /// Ends the body behind the frames that were sent, so that the client sees it end and not
    /// break. Only when nothing is left of what was to be sent.
    public func finish() {
        guard !isClosed, head.isEmpty, !isEnding else { return end() }
        isEnding = true
        head = framing == .chunked ? Array("0\r\n\r\n".utf8) : []
        flushHead()
        endIfFinished()
    }

    /// Closes when the last byte is with the kernel, which sends it out before the end. Not before
    /// what the client has said is read: closing over unread bytes would reset the connection.
    private func endIfFinished() {
        guard isEnding, head.isEmpty, !isClosed else { return }
        readable()
        end()
    }

    /// Closes the stream at once.
    public func end() {
        guard !isClosed else { return }
        close()
        registry?.remove(self)
        delegate?.streamClosed(self)
    }

    /// Ends the stream of a peer that has vanished. Only the second time it is found so: one lost
    /// packet after a long silence is no reason.
    func inspectPeer(_ timeout: Duration) {
        guard !isClosed else { return }
        let isUnanswered = isUnanswered(for: timeout)
        if isUnanswered, wasUnanswered { return end() }
        wasUnanswered = isUnanswered
    }

    public override func readable() {
        var scratch = [UInt8](repeating: 0, count: 1024)
        let count = unsafe read(descriptor, &scratch, scratch.count)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        input += max(count, 0)
        if count <= 0 || input > Self.inputLimit { end() }
    }

    public override func writable() {
        flushHead()
        endIfFinished()
        if head.isEmpty, !isClosed { delegate?.streamIsWritable(self) }
    }

    private func flushHead() {
        guard !head.isEmpty else { return }
        let flags = Int32(MSG_NOSIGNAL)
        let count = unsafe head.withUnsafeBytes {
            unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, flags)
        }
        if count < 0, errno != EAGAIN, errno != EINTR { return end() }
        sentCount += max(count, 0)
        head = count == head.count ? [] : Array(head.dropFirst(max(count, 0)))
        if !head.isEmpty { awaitWritable() }
    }
}
