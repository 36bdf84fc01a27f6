/// What a connection of HTTP/1.1 is doing, and what follows: a pure state machine, without socket,
/// clock or handler.
struct ConnectionState {
    /// Each phase with its data.
    enum Phase {
        /// Waiting for a request, or for the rest of its header.
        /// - `isHeaderBegun`: the header deadline runs, which further bytes must not extend.
        case receiving(isHeaderBegun: Bool)
        /// Handling a request, until its response is complete.
        case responding(Turn)
        /// Sending the rest of a complete response.
        case flushing(then: Next)
        /// Discarding what the client still sends after the last response, because closing with
        /// unread bytes would reset the connection, and the client could lose the response
        /// (RFC 9112 §9.6).
        case lingering(Lingering)
        /// The connection has ended.
        case closed
    }

    /// What follows a response.
    enum Next: Equatable {
        /// The next request.
        case request
        /// The end of the connection. Everything that the client has sent was read.
        case end
        /// The end, after what the client still sends.
        case linger
    }

    /// The request that is being handled.
    struct Turn {
        /// How the end of the request's body is found.
        let framing: RequestHead.BodyFraming
        var isBodyWhole: Bool
        /// What is wrong with the body; the parser cannot continue after it.
        var bodyError: HTTPProtocolError?
        /// Whether the client waits for `100 Continue` (RFC 9110 §10.1.1).
        var owesContinue: Bool
        var wantsKeepAlive: Bool
        /// Whether more of the body can come.
        var awaitsBody: Bool { !isBodyWhole && bodyError == nil }
        /// Whether no response has been begun.
        var owesResponse = true
        /// Bytes of a response of known length that have not been written.
        var responseBytesLeft: Int?
        /// Bytes of the body since its deadline began.
        var bodySinceDeadline = 0

        init(_ head: RequestHead) {
            framing = head.bodyFraming
            isBodyWhole = head.bodyFraming == .none
            owesContinue = head.expectsContinue && head.bodyFraming != .none
            wantsKeepAlive = head.wantsKeepAlive
        }

        /// The turn of a request that cannot be parsed: where the next one begins is not known.
        init(refused: Void) {
            framing = .none
            isBodyWhole = false
            owesContinue = false
            wantsKeepAlive = false
            owesResponse = false
        }
    }

    /// Discarding at the end.
    struct Lingering {
        /// When it ends in any case.
        let end: Duration
        var count = 0
    }

    /// What to do when there is something to read.
    enum ReadAction: Equatable { case parse, feedBody, inspectPeer, discard, ignore }

    /// What to do when a deadline has passed.
    enum DeadlineAction: Equatable { case refuse, failReader, end, nothing }

    private(set) var phase = Phase.receiving(isHeaderBegun: true)
    /// The number of the request on this connection.
    private(set) var serial = 0

    /// The request that is being handled; nil when there is none.
    var turn: Turn? {
        get { if case .responding(let turn) = phase { turn } else { nil } }
        set { if let newValue, isResponding { phase = .responding(newValue) } }
    }

    var isResponding: Bool { if case .responding = phase { true } else { false } }
    var isReceiving: Bool { if case .receiving = phase { true } else { false } }
    var isClosed: Bool { if case .closed = phase { true } else { false } }

    /// Whether a request is in flight: its response is not sent completely.
    var isInFlight: Bool {
        switch phase {
        case .responding, .flushing: true
        case .receiving, .lingering, .closed: false
        }
    }

    // MARK: Transitions

    /// The parser needs more bytes.
    /// - Parameter isBetween: whether no byte of a request has arrived.
    /// - Returns: whether the deadline changes: to that of an idle connection, or of a header.
    mutating func awaitBytes(isBetween: Bool) -> Bool {
        guard case .receiving(let isHeaderBegun) = phase else { return false }
        phase = .receiving(isHeaderBegun: !isBetween)
        return isBetween || !isHeaderBegun
    }

    /// A request begins.
    mutating func begin(_ head: RequestHead) {
        serial += 1
        phase = .responding(Turn(head))
    }

    /// A request cannot be parsed, or is not allowed to be: the response to it is the last.
    mutating func refuse() { phase = .responding(Turn(refused: ())) }

    /// The response to the request begins.
    /// - Parameter length: of its body, if it is known.
    mutating func beginResponse(length: Int?) {
        turn?.owesResponse = false
        turn?.responseBytesLeft = length
    }

    /// Bytes of the response's body are written.
    /// - Returns: false when they exceed the announced length: the client would read the excess as
    ///   the next response.
    mutating func write(_ count: Int) -> Bool {
        guard let left = turn?.responseBytesLeft else { return true }
        guard count <= left else { return false }
        turn?.responseBytesLeft = left - count
        return true
    }

    /// The response is complete, as far as its handler is concerned.
    /// - Parameter keepAlive: whether the server allows another request.
    mutating func endResponse(keepAlive: Bool) {
        guard let turn else { return }
        let canContinue = keepAlive && turn.wantsKeepAlive && turn.isBodyWhole
        phase = .flushing(then: canContinue ? .request : turn.isBodyWhole ? .end : .linger)
    }

    /// Everything was sent.
    /// - Returns: what follows; nil while the response is not complete.
    mutating func flushed() -> Next? {
        guard case .flushing(let next) = phase else { return nil }
        if next == .request { phase = .receiving(isHeaderBegun: false) }
        return next
    }

    /// The connection ends after what the client still sends.
    mutating func linger(until end: Duration) { phase = .lingering(Lingering(end: end)) }

    /// Bytes were discarded.
    /// - Returns: how long to wait for more; nil when the connection ends.
    mutating func discard(_ count: Int, at now: Duration) -> Duration? {
        guard case .lingering(var lingering) = phase else { return nil }
        lingering.count += count
        phase = .lingering(lingering)
        let left = lingering.end - now
        guard lingering.count <= Self.lingerLimit, left > .zero else { return nil }
        return min(Self.lingerPause, left)
    }

    /// The longest pause of a client that still sends after its last response.
    static let lingerPause: Duration = .seconds(2)
    /// The most bytes that are discarded.
    private static let lingerLimit = 64 << 20

    mutating func close() { phase = .closed }

    // MARK: Decisions

    /// What to do when there is something to read.
    /// - Parameter isBodyAwaited: whether the handler waits for the body.
    func readAction(isBodyAwaited: Bool) -> ReadAction {
        switch phase {
        case .receiving: .parse
        case .responding: isBodyAwaited ? .feedBody : .inspectPeer
        case .lingering: .discard
        case .flushing, .closed: .ignore
        }
    }

    /// What to do when the deadline for the client has passed.
    /// - Parameter isBetween: whether no byte of a request has arrived.
    func deadlineAction(isBetween: Bool) -> DeadlineAction {
        switch phase {
        case .receiving: isBetween ? .end : .refuse
        // Without a waiting reader it is the handler that is slow, not the client.
        case .responding: .failReader
        case .lingering: .end
        case .flushing, .closed: .nothing
        }
    }
}
