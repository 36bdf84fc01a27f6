internal import Frames
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
    /// The session; nil when the connection has ended.
    private(set) var session: HTTP2Session?
    /// The exchanges whose response is not sent completely, by the number of their stream.
    private(set) var exchanges: [Int32: HTTP2Exchange] = [:]
    private var isFlushScheduled = false
    /// Whether the client was told that the connection ends.
    private(set) var isDraining = false
    /// Whether the client has ended its sending side.
    private var isHalfClosed = false
    /// Whether the byte stream has failed.
    private var isBroken = false
    /// Whether nothing is read, because the client does not read what it is answered.
    private var isHoldingReads = false
    /// The memory of what is prepared and waits because the client does not read.
    private var preparedMemory: MemoryReservation
    /// Whether the client may still be sending the body of a request that was answered.
    var clientMaySend = false

    // Deadlines; see there.
    var hasServed = false
    var waiting: (client: ClientWait, timer: TimerWheel.Timer)?
    var writeTimer: TimerWheel.Timer?
    var acknowledgementTimer: TimerWheel.Timer?
    var drainTimer: TimerWheel.Timer?
    var writtenCount = 0
    var progress: (count: Int, since: Duration)?
    var unansweredSince: Duration?
    private var lastPing: Duration?

    init(
        _ stream: any ByteStream, peer: Peer, listener: HTTPListener, environment: HTTP2Environment
    ) {
        self.stream = stream
        self.peer = peer
        self.listener = listener
        self.environment = environment
        preparedMemory = MemoryReservation(listener.memory)
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
        guard release() else { return }
        stream.close()
        listener.forget(self)
    }

    /// Releases everything but the byte stream and the place in the listener's list.
    /// - Returns: false when the connection has ended before.
    private func release() -> Bool {
        guard let session else { return false }
        self.session = nil
        cancelTimers()
        session.close()
        exchanges = [:]
        preparedMemory.set(to: 0)
        return true
    }

    // MARK: Turns

    /// Sends what there is, and renews the deadlines. To be called after all that changes the session.
    func settle() {
        guard let session else { return }
        let progress = session.flush()
        guard self.session != nil else { return }
        if session.streamCount == 0, hasServed, peer.admission != .admitted, !isDraining {
            isDraining = true
            session.refuseStreams()
            return settle()
        }
        if session.isFinished { return finish(session) }
        switch progress {
        case .idle: break
        // Who has broken a rule and does not read why.
        case .blocked where session.isTerminating: return end()
        case .blocked: break
        case .more: scheduleFlush()
        }
        preparedMemory.set(to: session.isBlocked ? session.preparedCount : 0)
        holdReads(session)
        setClientDeadline(session, isDraining: isDraining)
        setWriteDeadline(session)
        setDrainDeadline(session)
    }

    private func finish(_ session: HTTP2Session) {
        if isBroken { return end() }
        guard stream.isFlushed else {
            awaitClient(.last)
            return stream.awaitWritable()
        }
        // A flood is not even read to discard it.
        let maySend = (clientMaySend || !isDraining) && !session.isFlooded
        if maySend, !isHalfClosed, release() { return listener.linger(self, stream) }
        // Closing with unread bytes would reset the connection, and the client could lose what was
        // sent last.
        _ = listener.read(stream) { _ in }
        let isOrderly = isDraining && !isHalfClosed && !session.isFlooded && !session.isTerminating
        if isOrderly, awaitAcknowledgement() { return }
        end()
    }

    /// Frames that answer what the client sends wait while it does not read. It is then not read
    /// either.
    private func holdReads(_ session: HTTP2Session) {
        let mustHold = session.isBlocked && session.waitingFrameCount > Self.waitingFrameLimit
        guard mustHold != isHoldingReads, !isHalfClosed else { return }
        isHoldingReads = mustHold
        if mustHold { stream.ignoreReads() } else { stream.watchReads() }
    }

    private static let waitingFrameLimit = 256

    func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        LoopBound(self, on: listener.loop).execute { connection in
            connection.isFlushScheduled = false
            connection.settle()
        }
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

    private func begin(_ request: HTTP2Request, on stream: HTTP2Stream) {
        guard let responder = listener.responder else { return stream.reset(code: 0) }
        let exchange = HTTP2Exchange(self, stream, request)
        guard exchange.countHead(request.byteCount) else {
            return refuse(.outOfMemory, stream)
        }
        exchanges[stream.id] = exchange
        stream.delegate = exchange
        exchange.start(responder.begin(exchange, exchange.head))
    }

    /// Answers a request that no handler sees.
    private func refuse(_ error: HTTPProtocolError, _ stream: HTTP2Stream) {
        guard let responder = listener.responder else { return stream.reset(code: 0) }
        var response = responder.response(to: error)
        responder.reportRefusal(error, from: peer.address)
        response.fields[.date] = listener.dateNow()
        response.fields[.contentLength] = String(response.body.count)
        if !stream.hasRequestEnded { clientMaySend = true }
        stream.respond(response.status, response.fields, body: response.body)
    }

    /// The client has ended its sending side. It may still read, so its requests are answered; a
    /// handler that needs longer is cancelled, as over HTTP/1.1.
    private func finishSending() {
        guard let session, stream.peerState != .gone else { return end() }
        let owes = !exchanges.isEmpty || session.preparedCount > 0 || !stream.isFlushed
        guard owes else { return end() }
        isHalfClosed = true
        isDraining = true
        stream.ignoreReads()
        session.refuseStreams()
        for stream in session.streams.values { (stream.delegate as? HTTP2EventStream)?.abort() }
        for exchange in exchanges.values { exchange.cutBody() }
        session.endDrains(since: LoopClock.now())
        listener.wheel.schedule(after: listener.limits.halfClosedGrace) { [weak self] in
            for exchange in self?.exchanges.values.map(\.self) ?? [] { exchange.cancel() }
        }
        settle()
    }
}

extension HTTP2Connection: ByteStreamHandler {
    func streamIsReadable() {
        guard let session, !isHalfClosed else { return stream.ignoreReads() }
        let result = listener.read(stream) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe session.receive($0) }
        }
        switch result {
        case .nothing: break
        case .ended: finishSending()
        case .count: settle()
        }
    }

    func streamIsWritable() { settle() }
}

extension HTTP2Connection: ByteOutput {
    func write(_ pieces: UnsafeBufferPointer<iovec>) -> Int {
        switch unsafe stream.write(pieces) {
        case .ended:
            // The session ends by itself, perhaps outside of `settle`.
            isBroken = true
            scheduleFlush()
            return -1
        case .count(let count):
            writtenCount += count
            let all = unsafe pieces.reduce(0) { unsafe $0 + $1.iov_len }
            if count < all {
                stream.awaitWritable()
                // What a stream has sent itself is counted in the next turn.
                if session?.isFlushing == false { scheduleFlush() }
            }
            return count
        }
    }
}

extension HTTP2Connection: HTTP2SessionDelegate {
    func session(
        _ session: HTTP2Session, received request: Result<HTTP2Request, HTTP2RequestError>,
        on stream: HTTP2Stream
    ) {
        // A connection above a limit gets one response.
        guard peer.admission == .admitted || !hasServed else {
            return stream.reset(code: HTTP2ErrorCode.refusedStream)
        }
        hasServed = true
        switch request {
        case .failure(let error):
            refuse(HTTPProtocolError(error.status, error.reason, isGRPC: error.isGRPC), stream)
        case .success(let request): begin(request, on: stream)
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
