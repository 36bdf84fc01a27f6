internal import Addresses
internal import Frames
internal import Glibc
internal import HTTPTypes
internal import Libevent

/// The connection of one client. Requests are handled one at a time and in order.
///
/// Pipelined requests wait in the parser until the response before them was sent. While a request is
/// handled, the socket is read only when the handler waits for the body. Belongs to the loop's
/// thread.
final class Connection: WatchedSocket {
    /// What the connection is doing.
    enum State {
        /// Waiting for a request, or for the rest of its header.
        case receiving
        /// Handling a request, until its response is complete.
        case responding
        /// Sending the rest of a complete response. Then the next request may follow, or the
        /// connection ends.
        case flushing(keepAlive: Bool)
        /// Discarding what the client still sends after the last response, because closing with
        /// unread bytes would reset the connection, and the client could lose the response.
        case lingering
        /// The connection has ended.
        case closed
    }

    let listener: HTTPListener
    let remoteAddress: String
    let addressKey: AddressKey
    let admission: ConnectionLimiter.Admission
    var state = State.receiving
    var parser: RequestParser
    var output = OutputQueue()
    /// The position in the listener's list.
    var position = 0

    // The request that is being handled.
    /// The number of the request on this connection.
    private(set) var serial = 0
    /// Whether no response has been begun.
    var owesResponse = false
    var bodyFraming = RequestHead.BodyFraming.none
    var bodyIsWhole = true
    /// What is wrong with the body; the parser cannot continue after it.
    var bodyError: HTTPProtocolError?
    /// Whether the client waits for `100 Continue`.
    var owesContinue = false
    var bodySinceDeadline = 0
    var bodyReader: CheckedContinuation<Void, any Error>?
    var bodyWriter: CheckedContinuation<Void, any Error>?
    var wantsKeepAlive = false

    /// The handler of the request; nil after its response is complete.
    var exchange: Task<Void, Never>?
    /// Whether the connection ended before the response.
    var isAbandoned = false
    var peerTimer: TimerWheel.Timer?

    // The response to it.
    /// Its head, until the first bytes of its body are written.
    var heldHead: [UInt8]?
    /// Bytes of a body of known length that have not been written.
    var responseBytesLeft: Int?
    /// The body, if it is large: counted once for all connections that send it.
    var responseBody: HeldBody?
    /// The memory of the request's body that the handler collects.
    var bodyMemory: MemoryReservation
    /// The memory of what waits to be sent, without `responseBody`.
    var outputMemory: MemoryReservation
    /// The memory of the parser's buffer beyond `parserBase`.
    var parserMemory: MemoryReservation
    /// Bytes that the kernel has taken since the connection began.
    var writtenCount = 0
    var writeTimer: TimerWheel.Timer?
    /// Bytes that the client had acknowledged when the write deadline began, and how many more it
    /// must acknowledge before its end.
    var acknowledgedBefore = 0
    var requiredProgress = 0

    private var isTakingRequests = false
    /// Bytes that were discarded after the last response, and the time when the connection ends.
    var discardedCount = 0
    var lingerEnd: Duration = .zero
    var timer: TimerWheel.Timer?

    init(
        _ descriptor: Int32, from address: String, key: AddressKey,
        admission: ConnectionLimiter.Admission,
        listener: HTTPListener
    ) {
        self.listener = listener
        self.admission = admission
        remoteAddress = address
        addressKey = key
        parser = RequestParser(limits: listener.limits)
        bodyMemory = MemoryReservation(listener.memory)
        outputMemory = MemoryReservation(listener.memory)
        parserMemory = MemoryReservation(listener.memory)
        super.init(descriptor: descriptor, loop: listener.loop)
    }

    /// Starts to read.
    func open() {
        watchReads()
        setDeadline(listener.limits.headerDeadline)
    }

    /// Ends the connection at once, whatever it was doing.
    func end() {
        if case .closed = state { return }
        release()
        close()
    }

    /// Releases everything but the socket itself.
    /// - Parameter isLost: whether the client left before its response.
    func release(isLost: Bool = true) {
        if isLost { cancelExchange() }
        state = .closed
        clearDeadline()
        if let timer = writeTimer { listener.wheel.cancel(timer) }
        writeTimer = nil
        resume(&bodyReader, throwing: .disconnected)
        resume(&bodyWriter, throwing: .disconnected)
        // A handler may hold the connection for much longer.
        parser = RequestParser(limits: listener.limits)
        output = OutputQueue()
        responseBody = nil
        releaseMemory()
        listener.forget(self)
    }

    override func readable() {
        switch state {
        case .responding where bodyReader == nil: return inspectPeer()
        case .flushing: return ignoreReads()
        case .lingering: return discard()
        case .responding, .receiving, .closed: break
        }
        let count = listener.read(descriptor) { parser.append($0) }
        guard let count else { return }
        guard count > 0 else { return end() }
        guard countParserMemory() else { return refuseForMemory() }
        switch state {
        case .receiving: takeRequests()
        case .responding:
            // The reader continues in a later turn of the loop. Until then the end of the stream,
            // which may follow these bytes, must not be reported.
            ignoreReads()
            bodySinceDeadline += count
            resume(&bodyReader)
        case .flushing, .lingering, .closed: break
        }
    }

    override func writable() { flush() }

    /// Takes requests from the parser and starts their handlers, until one needs time or more bytes.
    func takeRequests() {
        guard !isTakingRequests else { return }
        isTakingRequests = true
        defer { isTakingRequests = false }
        var taken = 0
        while case .receiving = state {
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
        ignoreReads()
        // Safe: the connection stays on the loop's thread.
        nonisolated(unsafe) let connection = self
        loop.execute { unsafe connection.takeRequests() }
    }

    private func awaitMore() {
        let limits = listener.limits
        if parser.isBetweenRequests {
            if listener.isClosing { return end() }
            parser.trim(to: Self.parserBase)
            parserMemory.set(to: 0)
            setDeadline(limits.keepAliveIdle)
            isHeaderBegun = false
        } else if !isHeaderBegun {
            setDeadline(limits.headerDeadline)
            isHeaderBegun = true
        }
        watchReads()
    }

    /// Whether the header deadline runs, which further bytes must not extend.
    private var isHeaderBegun = true

    private func begin(_ head: RequestHead) {
        state = .responding
        serial += 1
        owesResponse = true
        isHeaderBegun = false
        responseBytesLeft = nil
        heldHead = nil
        clearDeadline()
        bodyFraming = head.bodyFraming
        bodyError = nil
        bodyIsWhole = head.bodyFraming == .none
        if bodyIsWhole { _ = try? parser.next() }  // the end that follows the head
        owesContinue = head.expectsContinue && !bodyIsWhole
        wantsKeepAlive = head.wantsKeepAlive
        let exchange = listener.responder?.begin(self, head)
        // The handler has run until its first suspension, in which the connection may have ended.
        if isAbandoned { exchange?.cancel() }
        if case .responding = state { self.exchange = exchange }
    }

    /// Sends the response to a protocol error, and ends the connection.
    func refuse(_ error: HTTPProtocolError) {
        guard let response = listener.responder?.response(to: error) else { return end() }
        ignoreReads()
        bodyIsWhole = false
        wantsKeepAlive = false
        state = .responding
        listener.responder?.reportRefusal(error, from: remoteAddress)
        send(response, headOnly: false, keepAlive: false)
    }
}
