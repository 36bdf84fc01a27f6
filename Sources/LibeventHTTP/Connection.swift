internal import Glibc
internal import HTTPTypes
internal import Libevent
internal import Wire

/// One client's connection: requests come in, answers go out, one at a time and in order.
///
/// Pipelined requests wait in the parser until the answer before them has left. While a request is
/// being answered nothing is read that nobody asked for. Belongs to the loop's thread.
final class Connection: WatchedSocket {
    /// What the connection is doing.
    enum State {
        /// Waiting for a request, or for the rest of its header.
        case receiving
        /// A request is being answered.
        case responding
        /// The answer has been handed over; when its last byte has left, the next request may come
        /// or the connection ends.
        case flushing(keepAlive: Bool)
        /// The last answer is out. What the client still sends is thrown away, because closing
        /// over unread bytes would reset the connection and could destroy the answer.
        case lingering
        /// Over.
        case closed
    }

    let listener: HTTPListener
    let remoteAddress: String
    let addressKey: AddressKey
    let admission: ConnectionLimiter.Admission
    var state = State.receiving
    var parser: RequestParser
    var output = OutputQueue()
    /// The place in the listener's list.
    var position = 0

    // The request that is being answered.
    private(set) var serial = 0
    var owesResponse = false
    var bodyFraming = RequestHead.BodyFraming.none
    var bodyIsWhole = true
    /// What is wrong with the body; the parser cannot go on behind it.
    var bodyError: HTTPProtocolError?
    var owesContinue = false
    var bodySinceDeadline = 0
    var bodyReader: CheckedContinuation<Void, any Error>?
    var bodyWriter: CheckedContinuation<Void, any Error>?
    var wantsKeepAlive = false

    /// The handler that makes the answer; nil once the answer has been handed over.
    var exchange: Task<Void, Never>?
    /// Whether the connection ended before the answer.
    var isAbandoned = false
    var peerTimer: TimerWheel.Timer?

    // The answer to it.
    /// Its head, until the first bytes of its body are there.
    var heldHead: [UInt8]?
    /// Bytes of a body of known length that have not been written.
    var responseBytesLeft: Int?
    /// The body, if it is large: counted once for all connections that send it.
    var responseBody: HeldBody?
    /// What the handler collects of the request's body.
    var bodyMemory: MemoryReservation
    /// What waits to leave, but for `responseBody`.
    var outputMemory: MemoryReservation
    /// What the parser's buffer has grown by.
    var parserMemory: MemoryReservation
    /// Bytes that the kernel has taken since the connection began.
    var writtenCount = 0
    var writeTimer: TimerWheel.Timer?
    /// Bytes that the client had acknowledged when the deadline began, and how many more it must.
    var acknowledgedBefore = 0
    var requiredProgress = 0

    private var isTakingRequests = false
    /// What a client still sends after its last answer, and until when it may.
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

    /// Begins to read.
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

    /// Everything but the socket itself.
    /// - Parameter isLost: whether the client has gone before its answer.
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
        case .responding, .receiving, .lingering, .closed: break
        }
        let count = listener.read(descriptor) { parser.append($0) }
        guard let count else { return }
        guard count > 0 else { return end() }
        guard countParserMemory() else { return refuseForMemory() }
        switch state {
        case .receiving: takeRequests()
        case .responding:
            // The reader goes on in a later turn of the loop; until then the end of the stream, if
            // it is behind these bytes, must wait.
            ignoreReads()
            bodySinceDeadline += count
            resume(&bodyReader)
        case .flushing, .closed: break
        case .lingering:
            discard(count)
        }
    }

    override func writable() { flush() }

    /// Reads requests from the parser and has them answered, until one needs time or more bytes.
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

    /// How many pipelined requests are answered in one turn of the loop: others wait meanwhile.
    private static let turnLimit = 32

    private func scheduleTakeRequests() {
        // Or more would come in each turn than is taken.
        ignoreReads()
        // It stays on the loop's thread.
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

    /// Whether the header deadline runs; a slow trickle of bytes must not put it off.
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
        // The first part of the handler has run already.
        if isAbandoned { exchange?.cancel() }
        if case .responding = state { self.exchange = exchange }
    }

    /// Answers something that is no request, and ends the connection.
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
