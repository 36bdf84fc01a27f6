public import Events
public import Wire

/// Where a subscriber's frames go: an open stream.
public protocol FrameSink: AnyObject {
    /// Takes as much of `run` as there is room for, without waiting. When it takes less than all,
    /// it calls the subscriber's `drain()` as soon as there is room again.
    /// - Returns: how many bytes were taken.
    func send(_ run: FrameRun) -> Int

    /// Ends the stream in good order; everything has been taken.
    func finish()

    /// Ends the stream at once.
    func abort()
}

/// Somebody who listens, as the hub sees them. Belongs to the hub's loop.
public final class Subscriber {
    /// What a subscriber asked for, and who it is.
    public struct Request {
        public let id: Int
        public let filter: EventFilter
        public let encoding: EventEncoding
        public let framing: Frame.Framing
        /// For logs and `GET /subscribers`.
        public let address: String
        /// Microseconds since 1970.
        public let since: Int64

        public init(
            id: Int, filter: EventFilter, encoding: EventEncoding, framing: Frame.Framing,
            address: String, since: Int64
        ) {
            self.id = id
            self.filter = filter
            self.encoding = encoding
            self.framing = framing
            self.address = address
            self.since = since
        }
    }

    public let request: Request
    let sink: any FrameSink
    unowned let hub: Hub

    /// Events handed to the kernel.
    public var delivered: Int { deliveredCount }
    /// Events lost.
    public var dropped: Int { droppedCount }

    // What every delivery touches is not public and never lent out, so that the compiler can prove
    // that nobody else is at it: the proof at run time would cost more than all the rest.
    private var deliveredCount = 0
    private var droppedCount = 0
    /// Whether there is an outbox.
    private var isQueueing = false
    /// Losses of the burst that is going on.
    private var burst = 0
    /// Whether the last frame is on its way: nothing follows it.
    private var isEnding = false
    private var outbox: Outbox? {
        didSet { isQueueing = outbox != nil }
    }

    // The hub's book-keeping.
    var seat = 0
    var pulseSlot = 0
    var pulseSeat = 0
    var lastSend: UInt32 = 0
    var isGone = false
    /// Whether it is behind and has taken something of late, and when.
    var isMoving = false
    var movedAt: Duration = .zero

    init(_ request: Request, sink: any FrameSink, hub: Hub) {
        self.request = request
        self.sink = sink
        self.hub = hub
    }

    /// Events that wait.
    public var queued: Int { outbox?.count ?? 0 }

    /// Whether what was sent last has not all been taken.
    public var isBehind: Bool { isQueueing }

    /// Sends events: straight to the socket if nothing waits before them.
    /// - Returns: how many the kernel took.
    func deliver(_ run: FrameRun) -> Int {
        guard !isGone, !isEnding else { return 0 }
        guard !isQueueing else {
            queue(run, from: 0)
            return 0
        }
        let sent = sink.send(run)
        guard sent < run.byteCount else {
            deliveredCount += run.frames.count
            return run.frames.count
        }
        guard !isGone else { return 0 }
        let (frames, rest) = run.position(after: sent)
        deliveredCount += frames
        outbox = emptyOutbox(sentOfFirst: rest)
        queue(run, from: frames)
        // Until now it has read.
        hub.noteMove(self)
        return frames
    }

    private func queue(_ run: FrameRun, from first: Int) {
        guard var outbox else { return }
        var lost = 0
        for frame in run.frames[first...] where !outbox.offer(frame) { lost += 1 }
        self.outbox = outbox
        droppedCount += lost
        burst += lost
        hub.note(dropped: lost, queue: queued)
    }

    /// Counts events that never reached the hub, and tells of them before the next one.
    func lose(_ count: Int) {
        guard !isGone, !isEnding, count > 0 else { return }
        var outbox = self.outbox ?? emptyOutbox(sentOfFirst: 0)
        outbox.lose(count)
        self.outbox = outbox
        droppedCount += count
        burst += count
        hub.note(dropped: count, queue: queued)
        drain()
    }

    /// Goes on with what waits; called when the socket takes bytes again.
    public func drain() {
        guard var outbox else { return }
        self.outbox = nil
        while let run = outbox.next(framing: request.framing) {
            let sent = sink.send(run)
            guard !isGone else { return }
            let events = outbox.advance(run, by: sent)
            deliveredCount += events
            hub.note(delivered: events)
            if sent < run.byteCount {
                self.outbox = outbox
                if sent > 0 { hub.noteMove(self) }
                return
            }
        }
        endBurst()
        if isEnding { sink.finish() }
    }

    /// Sends a last frame behind all that waits, and then ends the stream.
    func end(with frame: Frame) {
        guard !isGone, !isEnding else { return }
        isEnding = true
        if outbox == nil { outbox = emptyOutbox(sentOfFirst: 0) }
        outbox?.append(frame)
        drain()
    }

    /// Says in the log how many events this subscriber has lost until it caught up, or left.
    func endBurst() {
        guard burst > 0 else { return }
        hub.logSlow(self, burst)
        burst = 0
    }

    /// Sends a frame of the gateway itself, which is no event and is left out when the subscriber
    /// is behind.
    /// - Returns: whether it was taken.
    @discardableResult
    func sendAside(_ frame: Frame) -> Bool {
        guard outbox == nil, !isGone, !isEnding else { return false }
        let run = FrameRun([frame], framing: request.framing)
        let sent = sink.send(run)
        guard sent < run.byteCount, sent > 0, !isGone else { return sent == run.byteCount }
        // Cut in the middle: the rest must leave before anything else.
        var rest = emptyOutbox(sentOfFirst: sent)
        rest.append(frame)
        outbox = rest
        return true
    }

    private func emptyOutbox(sentOfFirst: Int) -> Outbox {
        Outbox(
            capacity: hub.policy.bufferSize, sentOfFirst: sentOfFirst, memory: hub.policy.memory,
            notice: request.encoding.dropped)
    }
}
