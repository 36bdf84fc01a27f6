internal import Addresses
internal import Frames
internal import Libevent

/// A response of unlimited length over HTTP/1.1: a connection's byte stream and little else, because
/// there is one for each subscriber.
///
/// Frames are written directly to the byte stream. What it does not take stays with the owner, who is
/// told when there is room again. Belongs to the loop's thread.
final class EventStream: FrameSink {
    unowned var owner: (any FrameSinkOwner)?

    /// The bytes that a client may send on an open stream before the stream is closed.
    private static let inputLimit = 4096

    private let stream: any ByteStream
    /// Nil for the stream of a connection that had ended before.
    private let listener: HTTPListener?
    private let addressKey: AddressKey
    private var head: [UInt8] = []
    // Private, so that exclusivity is checked statically (SE-0176): every delivery accesses these.
    private var sentCount = 0
    private var input: Int32 = 0
    // The small ones last: each idle stream costs memory.
    let framing: Frame.Framing
    private var isEnding = false
    private var wasUnanswered = false

    /// Takes the byte stream of a connection, which may have ended already.
    /// - Parameter isOpen: whether the connection still had its request.
    init(from connection: Connection, framing: Frame.Framing, isOpen: Bool) {
        self.framing = framing
        stream = connection.stream
        addressKey = connection.peer.key
        listener = isOpen ? connection.listener : nil
        stream.handler = self
        _ = listener?.limiter.acquire(addressKey)
        listener?.openStreams += 1
    }

    deinit {
        stream.handler = nil
        stream.close()
        listener?.limiter.release(addressKey)
        listener?.openStreams -= 1
    }

    var isClosed: Bool { stream.isClosed }

    var bytesSent: Int { sentCount }

    /// Sends the header of the response and the first bytes of its body.
    func open(_ bytes: [UInt8]) {
        guard !isClosed else { return }
        stream.watchReads()
        head = bytes
        flushHead()
    }

    func send(_ run: FrameRun) -> Int {
        guard head.isEmpty, !isClosed else { return 0 }
        var sent = 0
        while sent < run.byteCount {
            switch run.write(to: stream, from: sent) {
            case .count(let count) where count > 0: sent += count
            case .count:
                stream.awaitWritable()
                sentCount += sent
                return sent
            case .ended:
                abort()
                return sent
            }
        }
        sentCount += sent
        return sent
    }

    /// Ends the body after the frames that were sent, so that the client sees a complete response.
    func finish() {
        guard !isClosed, head.isEmpty, !isEnding else { return abort() }
        isEnding = true
        head = framing == .chunked ? Array("0\r\n\r\n".utf8) : []
        flushHead()
        endIfFinished()
    }

    /// Closes the stream when the last byte was taken. Reads first what the client has sent: closing
    /// with unread bytes would reset the connection.
    private func endIfFinished() {
        guard isEnding, head.isEmpty, !isClosed else { return }
        guard stream.isFlushed else { return stream.awaitWritable() }
        streamIsReadable()
        abort()
    }

    func abort() {
        guard !isClosed else { return }
        stream.close()
        owner?.sinkClosed()
    }

    /// Ends the stream of a peer that has vanished. Only if it is found so twice: one lost packet
    /// after a long silence is not enough.
    func inspectPeer(_ timeout: Duration) {
        guard !isClosed else { return }
        let isUnanswered = stream.isUnanswered(for: timeout)
        if isUnanswered, wasUnanswered { return abort() }
        wasUnanswered = isUnanswered
    }

    private func flushHead() {
        guard !head.isEmpty else { return }
        switch unsafe head.withUnsafeBytes({ unsafe stream.write($0) }) {
        case .ended: return abort()
        case .count(let count):
            sentCount += count
            head = count == head.count ? [] : Array(head.dropFirst(count))
            if !head.isEmpty { stream.awaitWritable() }
        }
    }
}

extension EventStream: ByteStreamHandler {
    /// Discards what the client sends, and ends the stream at its end or above the limit.
    func streamIsReadable() {
        let result = unsafe withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) {
            unsafe stream.read(into: $0)
        }
        switch result {
        case .nothing: return
        case .ended: abort()
        case .count(let count):
            input += Int32(count)
            if input > Self.inputLimit { abort() }
        }
    }

    /// Sends the rest of the header, and tells the owner when there is room.
    func streamIsWritable() {
        flushHead()
        endIfFinished()
        if head.isEmpty, !isClosed { owner?.sinkIsWritable() }
    }
}
