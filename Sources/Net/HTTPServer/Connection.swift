internal import Addresses
internal import Frames
internal import HTTPTypes
internal import Libevent

/// The connection of one client over HTTP/1.1. Requests are handled one at a time and in order.
///
/// Pipelined requests wait in the parser until the response before them was sent. While a request is
/// handled, the stream is read only when the handler waits for the body. What the connection is
/// doing is `ConnectionState`; here are the stream, the timers, the buffers and the handler. Belongs
/// to the loop's thread.
final class Connection: ServedConnection {
    let listener: HTTPListener
    let peer: Peer
    let stream: any ByteStream
    var state = ConnectionState()
    var parser: RequestParser
    var output = OutputQueue()
    var position = 0

    // The request that is being handled.
    var bodyReader = BodyWaiter()
    var bodyWriter = BodyWaiter()
    /// The handler of the request; nil after its response is complete.
    var exchange: Task<Void, Never>?
    /// Whether the connection ended before the response.
    var isAbandoned = false
    var peerTimer: TimerWheel.Timer?

    // The response to it.
    /// Its head, until the first bytes of its body are written.
    var heldHead: [UInt8]?
    /// The body, if it is large: counted once for all connections that send it.
    var responseBody: HeldBody?
    /// The memory of the request's body that the handler collects.
    var bodyMemory: MemoryReservation
    /// The memory of what waits to be sent, without `responseBody`.
    var outputMemory: MemoryReservation
    /// The memory of the parser's buffer beyond `parserBase`.
    var parserMemory: MemoryReservation
    /// Bytes that were written since the connection began.
    var writtenCount = 0
    var writeTimer: TimerWheel.Timer?
    /// Bytes that the client had acknowledged when the write deadline began, and how many more it
    /// must acknowledge before its end.
    var acknowledgedBefore = 0
    var requiredProgress = 0

    private var isTakingRequests = false
    var timer: TimerWheel.Timer?

    /// Takes a stream from which nothing or `received` has been read.
    init(_ stream: any ByteStream, peer: Peer, listener: HTTPListener, received: [UInt8] = []) {
        self.listener = listener
        self.peer = peer
        self.stream = stream
        parser = RequestParser(limits: listener.limits)
        bodyMemory = MemoryReservation(listener.memory)
        outputMemory = MemoryReservation(listener.memory)
        parserMemory = MemoryReservation(listener.memory)
        parser.append(received)
        stream.handler = self
    }

    /// Starts to read.
    /// - Parameter deadline: when the header of the first request must be complete, on the clock of
    ///   the loop.
    func open(until deadline: Duration) {
        stream.watchReads()
        if parser.bufferedCount > 0 {
            if countParserMemory() { takeRequests() } else { refuseForMemory() }
        }
        // Most requests arrive whole: no timer for them.
        if state.isReceiving, timer == nil { setDeadline(deadline - LoopClock.now()) }
    }

    var isInFlight: Bool { state.isInFlight }

    func endIfIdle() { if !state.isInFlight { end() } }

    /// Ends the connection at once, whatever it was doing.
    func end() {
        guard !state.isClosed else { return }
        release()
        stream.close()
    }

    /// Releases everything but the stream itself.
    /// - Parameter isLost: whether the client left before its response.
    func release(isLost: Bool = true) {
        if isLost { cancelExchange() }
        state.close()
        clearDeadline()
        if let timer = writeTimer { listener.wheel.cancel(timer) }
        writeTimer = nil
        bodyReader.resume(throwing: .disconnected)
        bodyWriter.resume(throwing: .disconnected)
        // A handler may hold the connection for much longer.
        parser = RequestParser(limits: listener.limits)
        output = OutputQueue()
        responseBody = nil
        releaseMemory()
        listener.forget(self)
    }

    /// Takes requests from the parser and starts their handlers, until one needs time or more bytes.
    func takeRequests() {
        guard !isTakingRequests else { return }
        isTakingRequests = true
        defer { isTakingRequests = false }
        var taken = 0
        while state.isReceiving {
            guard taken < Self.turnLimit else { return scheduleTakeRequests() }
            do {
                guard let event = try parser.next() else { return awaitMore() }
                if case .head(let head) = event {
                    taken += 1
                    begin(head)
                }
            } catch {
                refuse(error)
            }
        }
    }

    /// The most pipelined requests in one turn of the loop, because other connections wait.
    private static let turnLimit = 32

    private func scheduleTakeRequests() {
        // Otherwise more requests could arrive in each turn than are taken.
        stream.ignoreReads()
        LoopBound(self, on: listener.loop).execute { $0.takeRequests() }
    }

    private func awaitMore() {
        let limits = listener.limits
        let isBetween = parser.isBetweenRequests
        if isBetween {
            if listener.isClosing { return end() }
            parser.trim(to: Self.parserBase)
            parserMemory.set(to: 0)
        }
        if state.awaitBytes(isBetween: isBetween) {
            setDeadline(isBetween ? limits.keepAliveIdle : limits.headerDeadline)
        }
        stream.watchReads()
    }

    private func begin(_ head: RequestHead) {
        state.begin(head)
        heldHead = nil
        clearDeadline()
        if head.bodyFraming == .none { _ = try? parser.next() }  // the end that follows the head
        let exchange = listener.responder?.begin(ConnectionExchange(self, head), head)
        // The handler has run until its first suspension, in which the connection may have ended.
        if isAbandoned { exchange?.cancel() }
        if state.isResponding { self.exchange = exchange }
    }

    /// Sends the response to a protocol error, and ends the connection.
    func refuse(_ error: HTTPProtocolError) {
        guard let response = listener.responder?.response(to: error) else { return end() }
        stream.ignoreReads()
        state.refuse()
        listener.responder?.reportRefusal(error, from: peer.address)
        send(response, headOnly: false, keepAlive: false)
    }
}

extension Connection: ByteStreamHandler {
    func streamIsReadable() {
        let action = state.readAction(isBodyAwaited: bodyReader.isWaiting)
        switch action {
        case .inspectPeer: return inspectPeer()
        case .ignore: return stream.ignoreReads()
        case .discard: return discard()
        case .feedBody, .parse: break
        }
        var count = 0
        let result = listener.read(stream) {
            count = $0.count
            parser.append($0)
        }
        guard result != .nothing else { return }
        guard result != .ended else { return end() }
        guard countParserMemory() else { return refuseForMemory() }
        guard action == .feedBody else { return takeRequests() }
        // The reader continues in a later turn of the loop. Until then the end of the stream, which
        // may follow these bytes, must not be reported.
        stream.ignoreReads()
        state.turn?.bodySinceDeadline += count
        bodyReader.resume()
    }

    func streamIsWritable() { flush() }
}
