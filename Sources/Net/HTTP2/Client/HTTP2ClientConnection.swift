package import Glibc
package import Libevent

/// The owner of a client's connection, called on the loop's thread.
package protocol HTTP2ClientConnectionDelegate: AnyObject {
    /// Called once, when the server has shown that it speaks HTTP/2.
    func connectionIsReady(_ connection: HTTP2ClientConnection)
    /// Called once, when the server will accept no more requests; those that are open go on.
    func connectionIsGoingAway(_ connection: HTTP2ClientConnection)
    /// Called when the server has acknowledged a PING.
    func connectionReceivedPong(_ connection: HTTP2ClientConnection)
    /// Called once, when the connection has ended; its streams were reported as closed.
    func connectionEnded(_ connection: HTTP2ClientConnection, reason: String)
}

/// A connection of HTTP/2 to a server: a session and the byte stream under it.
///
/// Belongs to the loop's thread. It lives until it has ended, which it reports.
package final class HTTP2ClientConnection {
    /// The owner. Held until the connection has ended.
    package private(set) var delegate: (any HTTP2ClientConnectionDelegate)?
    /// When bytes last arrived, on the clock of the loop.
    package private(set) var lastReceived: Duration

    private let stream: any ByteStream
    private var session: HTTP2ClientSession?
    private var isFlushScheduled = false
    private var hasBroken = false
    private var buffer = [UInt8](repeating: 0, count: readBytes)

    /// What is read at once, and the most reads in one turn.
    private static let readBytes = 64 << 10
    private static let readsPerTurn = 16

    /// Takes a stream that is connected.
    package init(_ stream: any ByteStream, delegate: any HTTP2ClientConnectionDelegate) {
        self.stream = stream
        self.delegate = delegate
        lastReceived = LoopClock.now()
        let session = HTTP2ClientSession(output: self)
        session.delegate = self
        self.session = session
        stream.handler = self
        stream.watchReads()
        flush()
    }

    /// Whether requests can be sent.
    package var isOpen: Bool { session.map { !$0.isGoingAway } ?? false }

    /// How many streams are open.
    package var streamCount: Int { session?.streamCount ?? 0 }

    /// Sends a request.
    /// - Returns: nil when the connection takes no more.
    package func send(_ request: HTTP2ClientRequest, delegate: any HTTP2ClientStreamDelegate)
        -> HTTP2ClientStream?
    {
        let stream = session?.send(request, delegate: delegate)
        scheduleFlush()
        return stream
    }

    /// Ends a stream at once.
    package func cancel(_ stream: HTTP2ClientStream) {
        session?.cancel(stream)
        scheduleFlush()
    }

    /// Lets the server send as many bytes as were taken of a stream.
    package func consume(_ count: Int, of stream: HTTP2ClientStream) {
        session?.consume(count, of: stream)
        scheduleFlush()
    }

    /// Sends a PING.
    package func ping() {
        session?.ping()
        scheduleFlush()
    }

    /// Ends the connection at once.
    package func close(reason: String) {
        guard let session else { return }
        self.session = nil
        session.close()
        stream.close()
        let owner = delegate
        delegate = nil
        owner?.connectionEnded(self, reason: reason)
    }

    /// Requests of one turn share a write.
    private func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        LoopBound(self, on: stream.loop).execute { connection in
            connection.isFlushScheduled = false
            connection.flush()
        }
    }

    private func flush() {
        guard let session else { return }
        guard session.flush(), !hasBroken else { return close(reason: "the connection was lost") }
        if session.isFinished { close(reason: "the server has closed the connection") }
    }
}

extension HTTP2ClientConnection: ByteStreamHandler {
    package func streamIsReadable() {
        for _ in 0..<Self.readsPerTurn {
            guard let session else { return }
            let result = unsafe buffer.withUnsafeMutableBytes { unsafe stream.read(into: $0) }
            switch result {
            case .nothing: return flush()
            case .ended: return close(reason: "the server has closed the connection")
            case .count(let count):
                lastReceived = LoopClock.now()
                let isValid = unsafe buffer.withUnsafeBytes { bytes in
                    unsafe session.receive(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                }
                guard isValid else {
                    _ = session.flush()
                    return close(reason: "the server breaks the rules of HTTP/2")
                }
                if count < buffer.count { return flush() }
            }
        }
        flush()
    }

    package func streamIsWritable() { flush() }
}

extension HTTP2ClientConnection: ByteOutput {
    package func write(_ pieces: UnsafeBufferPointer<iovec>) -> Int {
        switch unsafe stream.write(pieces) {
        case .ended:
            hasBroken = true
            return -1
        case .count(let count):
            let all = unsafe pieces.reduce(0) { unsafe $0 + $1.iov_len }
            if count < all { stream.awaitWritable() }
            return count
        }
    }
}

extension HTTP2ClientConnection: HTTP2ClientSessionDelegate {
    package func sessionIsReady(_ session: HTTP2ClientSession) {
        delegate?.connectionIsReady(self)
    }

    package func sessionIsGoingAway(_ session: HTTP2ClientSession, code: UInt32) {
        delegate?.connectionIsGoingAway(self)
        // Streams that the server has not begun are closed by nghttp2; the others go on.
        scheduleFlush()
    }

    package func sessionReceivedPong(_ session: HTTP2ClientSession) {
        delegate?.connectionReceivedPong(self)
    }
}
