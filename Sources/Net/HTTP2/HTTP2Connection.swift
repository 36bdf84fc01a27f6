internal import Glibc
internal import HTTPServer
internal import HTTPTypes
internal import Libevent

/// The connection of one client over HTTP/2: a session with a byte stream, deadlines, and the handlers
/// of its requests. Belongs to the loop's thread.
final class HTTP2Connection: ServedConnection {
    let peer: Peer
    var position = 0
    let listener: HTTPListener
    let stream: any ByteStream
    private let environment: HTTP2Environment
    private var session: HTTP2Session?
    /// The exchanges whose response is not sent completely, by the number of their stream.
    private var exchanges: [Int32: HTTP2Exchange] = [:]
    private var isFlushScheduled = false
    private var hasServed = false
    private var isDraining = false
    /// The deadline of a client without a stream, or in the middle of a header section.
    private var idleTimer: TimerWheel.Timer?
    private var isIdleForHeader = false
    private var writeTimer: TimerWheel.Timer?
    private var wasUnanswered = false
    private var lastPing: Duration?

    init(
        _ stream: any ByteStream, peer: Peer, listener: HTTPListener, environment: HTTP2Environment
    ) {
        self.stream = stream
        self.peer = peer
        self.listener = listener
        self.environment = environment
        stream.handler = self
    }

    /// Starts to read.
    /// - Parameter received: what was read already.
    func open(received: [UInt8]) {
        let session = HTTP2Session(environment: environment, output: self)
        session.delegate = self
        session.isBatching = true
        self.session = session
        stream.watchReads()
        if listener.isClosing { endIfIdle() }
        unsafe received.withUnsafeBytes { unsafe session.receive($0) }
        settle()
    }

    // MARK: The listener's view

    var isInFlight: Bool { !exchanges.isEmpty }

    /// Tells the client to open no more streams; the connection ends after those that are open.
    func endIfIdle() {
        guard let session, !isDraining else { return }
        isDraining = true
        session.announceShutdown()
        // About a round trip later: what the client sent before it knew is still served.
        listener.wheel.schedule(after: Self.shutdownPause) { [weak self] in
            self?.session?.refuseStreams()
            self?.settle()
        }
        settle()
    }

    private static let shutdownPause: Duration = .milliseconds(100)

    func timeOutBodies() { for exchange in exchanges.values { exchange.timeOutBody() } }

    /// Ends the connection at once.
    func end() {
        guard let session else { return }
        self.session = nil
        for timer in [idleTimer, writeTimer].compactMap(\.self) { listener.wheel.cancel(timer) }
        idleTimer = nil
        writeTimer = nil
        session.close()
        exchanges = [:]
        stream.close()
        listener.forget(self)
    }

    // MARK: Turns

    /// Sends what there is, and renews the deadlines. To be called after all that changes the session.
    func settle() {
        guard let session else { return }
        switch session.flush() {
        case .idle, .blocked: break
        case .more: scheduleFlush()
        }
        guard self.session != nil else { return }
        if session.isFinished { return finishConnection() }
        setIdleDeadline(session)
        setWriteDeadline(session)
    }

    private func finishConnection() {
        // Closing with unread bytes would reset the connection, and the client could lose what was
        // sent last.
        guard stream.isFlushed else { return stream.awaitWritable() }
        _ = listener.read(stream) { _ in }
        end()
    }

    private func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        LoopBound(self, on: listener.loop).execute { connection in
            connection.isFlushScheduled = false
            connection.settle()
        }
    }

    // MARK: Deadlines

    private func setIdleDeadline(_ session: HTTP2Session) {
        let isInHeader = session.collector != nil
        guard session.streamCount == 0 || isInHeader else {
            if let timer = idleTimer { listener.wheel.cancel(timer) }
            idleTimer = nil
            return
        }
        // Further bytes do not extend the deadline of a header.
        if idleTimer != nil, isIdleForHeader || !isInHeader { return }
        if let timer = idleTimer { listener.wheel.cancel(timer) }
        isIdleForHeader = isInHeader || !hasServed
        let limits = listener.limits
        let delay = isIdleForHeader ? limits.headerDeadline : limits.keepAliveIdle
        idleTimer = listener.wheel.schedule(after: delay) { [weak self] in self?.idleTimePassed() }
    }

    private func idleTimePassed() {
        idleTimer = nil
        guard let session else { return }
        if isIdleForHeader {
            // Also one whose preface or header section never ends.
            session.terminate(code: 0)
            _ = session.flush()
            end()
        } else {
            endIfIdle()
        }
    }

    /// Looks at the responses that wait for the client.
    private func setWriteDeadline(_ session: HTTP2Session) {
        guard writeTimer == nil, session.oldestBlockedWrite != nil else { return }
        let delay = listener.limits.bodyDeadline / 4
        writeTimer = listener.wheel.schedule(after: delay) { [weak self] in self?.checkWrites() }
    }

    private func checkWrites() {
        writeTimer = nil
        guard let session else { return }
        let deadline = LoopClock.now() - listener.limits.bodyDeadline
        for stream in session.streams(blockedSince: deadline) {
            stream.reset(code: HTTP2ErrorCode.cancel)
        }
        settle()
    }

    /// Ends the connection of a peer that has vanished, if it is found so twice.
    func inspectPeer(_ timeout: Duration) {
        guard session != nil else { return }
        let isUnanswered = stream.isUnanswered(for: timeout)
        if isUnanswered, wasUnanswered { return end() }
        wasUnanswered = isUnanswered
    }

    /// Sends a PING, so that the connection does not count as lost; at most one a second, however many
    /// streams ask for it.
    func ping() {
        let now = LoopClock.now()
        guard let session, lastPing.map({ now - $0 >= .seconds(1) }) ?? true else { return }
        lastPing = now
        session.ping(0)
        settle()
    }

    // MARK: Exchanges

    /// The response of an exchange is complete, or its stream was taken over.
    func forget(_ exchange: HTTP2Exchange) { exchanges[exchange.id] = nil }
}

extension HTTP2Connection: ByteStreamHandler {
    func streamIsReadable() {
        guard let session else { return }
        let result = listener.read(stream) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe session.receive($0) }
        }
        switch result {
        case .nothing: break
        case .ended: end()
        case .count: settle()
        }
    }

    func streamIsWritable() { settle() }
}

extension HTTP2Connection: ByteOutput {
    func write(_ pieces: UnsafeBufferPointer<iovec>) -> Int {
        switch unsafe stream.write(pieces) {
        case .ended: return -1
        case .count(let count):
            let all = unsafe pieces.reduce(0) { unsafe $0 + $1.iov_len }
            if count < all { stream.awaitWritable() }
            return count
        }
    }
}

extension HTTP2Connection: HTTP2SessionDelegate {
    func session(
        _ session: HTTP2Session, received request: Result<HTTP2Request, HTTP2RequestError>,
        on stream: HTTP2Stream
    ) {
        guard let responder = listener.responder else { return stream.reset(code: 0) }
        hasServed = true
        switch request {
        case .failure(let error):
            let error = HTTPProtocolError(error.status, error.reason)
            let response = responder.response(to: error)
            responder.reportRefusal(error, from: peer.address)
            stream.respond(response.status, response.fields, body: response.body)
        case .success(let request):
            let exchange = HTTP2Exchange(self, stream, request)
            exchanges[stream.id] = exchange
            stream.delegate = exchange
            exchange.task = responder.begin(exchange, exchange.head)
        }
    }

    func sessionNeedsFlush(_ session: HTTP2Session) { scheduleFlush() }

    func session(_ session: HTTP2Session, receivedPong payload: UInt64) {}
}

extension HTTPListener {
    /// Also speaks HTTP/2, on connections that begin with its preface.
    package func acceptHTTP2(_ limits: HTTP2Limits) {
        let environment = HTTP2Environment(limits: limits, now: LoopClock.now)
        http2 = { [unowned self] stream, old, received in
            let connection = HTTP2Connection(
                stream, peer: old.peer, listener: self, environment: environment)
            replace(old, with: connection)
            connection.open(received: received)
        }
    }
}
