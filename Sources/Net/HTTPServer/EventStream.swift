public import Addresses
public import Frames
internal import Glibc
public import Libevent

/// A response of unlimited length: a socket and little else, because there is one for each
/// subscriber.
///
/// Frames are written directly to the socket. What the kernel does not take stays with the caller,
/// who is notified when there is room again. Belongs to the loop's thread.
public final class EventStream: WatchedSocket {
    /// The owner of a stream, called on the loop's thread.
    public protocol Delegate: AnyObject {
        /// Called when the kernel takes bytes again.
        func streamIsWritable(_ stream: EventStream)
        /// Called once, when the stream has ended.
        func streamClosed(_ stream: EventStream)
    }

    /// How frames are delimited on this connection.
    public let framing: Frame.Framing
    /// The numeric address of the peer.
    public let remoteAddress: String
    /// The key of the peer's address for limits per client.
    public let addressKey: AddressKey
    /// How many bytes the kernel has taken, including the header.
    public var bytesSent: Int { sentCount }
    /// The owner of the stream.
    public weak var delegate: (any Delegate)?

    /// The bytes that a client may send on an open stream before the stream is closed.
    private static let inputLimit = 4096

    private let limiter: ConnectionLimiter?
    private let registry: StreamRegistry?
    /// The position in the registry; −1 when it is not in one.
    var position = -1
    private var wasUnanswered = false
    private var head: [UInt8] = []
    private var input = 0
    // Private, so that exclusivity is checked statically (SE-0176): every delivery accesses these.
    private var sentCount = 0
    private var isEnding = false

    /// Takes the socket of a connection, which may have ended already.
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

    /// Whether the stream has ended.
    public var isClosed: Bool { descriptor < 0 }

    /// Sends the header of the response and the first bytes of its body.
    func open(_ bytes: [UInt8]) {
        guard !isClosed else { return }
        watchReads()
        head = bytes
        flushHead()
    }

    /// Writes as much of `run` as the kernel takes. The caller keeps the rest.
    /// - Returns: how many bytes the kernel took; 0 also when the stream has ended.
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

    /// Ends the body after the frames that were sent, so that the client sees a complete response.
    /// Call it only when all frames were sent.
    public func finish() {
        guard !isClosed, head.isEmpty, !isEnding else { return end() }
        isEnding = true
        head = framing == .chunked ? Array("0\r\n\r\n".utf8) : []
        flushHead()
        endIfFinished()
    }

    /// Closes the stream when the kernel has taken the last byte. Reads first what the client has
    /// sent: closing with unread bytes would reset the connection.
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

    /// Ends the stream of a peer that has vanished. Only if it is found so twice: one lost packet
    /// after a long silence is not enough.
    func inspectPeer(_ timeout: Duration) {
        guard !isClosed else { return }
        let isUnanswered = isUnanswered(for: timeout)
        if isUnanswered, wasUnanswered { return end() }
        wasUnanswered = isUnanswered
    }

    /// Discards what the client sends, and ends the stream at its end or above the limit.
    public override func readable() {
        var scratch = [UInt8](repeating: 0, count: 1024)
        let count = unsafe read(descriptor, &scratch, scratch.count)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        input += max(count, 0)
        if count <= 0 || input > Self.inputLimit { end() }
    }

    /// Sends the rest of the header, and notifies the delegate when there is room.
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
