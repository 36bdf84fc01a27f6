public import Events
public import Frames

/// The stream that the frames of a subscriber are sent to. All calls are on the hub's loop.
public protocol FrameSink: AnyObject {
    /// Takes as much of `run` as there is room for, without waiting. If it takes less than all, it
    /// calls the subscriber's `drain()` as soon as there is room again.
    /// - Returns: how many bytes were taken.
    func send(_ run: FrameRun) -> Int

    /// Ends the stream in good order, after everything has been taken.
    func finish()

    /// Ends the stream at once.
    func abort()
}

/// A client that receives events, as the hub sees it. Belongs to the hub's loop.
public final class Subscriber {
    /// What a subscriber asked for, and who it is.
    public struct Request {
        /// The number of the stream, unique in the process.
        public let id: Int
        /// Which events it receives.
        public let filter: EventFilter
        /// The format of its events.
        public let encoding: EventEncoding
        /// How frames are delimited on its connection.
        public let framing: Frame.Framing
        /// The address of the client, for logs and `GET /subscribers`.
        public let address: String
        /// When it subscribed, in microseconds since 1970 (UTC).
        public let since: Int64

        /// Makes a request.
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

    /// What the subscriber asked for.
    public let request: Request
    let sink: any FrameSink
    unowned let hub: Hub

    /// How many events the kernel has taken for it.
    public var delivered: Int { deliveredCount }
    /// How many events were dropped for it.
    public var dropped: Int { droppedCount }

    // Private, so that exclusivity is checked statically (SE-0176): every delivery accesses these,
    // and the dynamic check costs more than the rest of a delivery.
    private var deliveredCount = 0
    private var droppedCount = 0
    /// Whether there is a send queue.
    private var hasSendQueue = false
    /// Drops that have not been logged yet.
    private var unloggedDrops = 0
    /// Whether the last frame was queued: nothing follows it.
    private var isEnding = false
    private var sendQueue: SendQueue? {
        didSet { hasSendQueue = sendQueue != nil }
    }

    // What the hub records about the subscriber.
    /// The slot in its delivery group.
    var slot = 0
    /// The bucket of the heartbeat scheduler, and the position in it.
    var heartbeatBucket = 0
    var heartbeatPosition = 0
    /// The heartbeat tick of the last send.
    var lastSend: UInt32 = 0
    var isGone = false
    /// Whether it has fallen behind and has taken something recently, and when that was.
    var isReading = false
    var lastProgress: Duration = .zero

    init(_ request: Request, sink: any FrameSink, hub: Hub) {
        self.request = request
        self.sink = sink
        self.hub = hub
    }

    /// How many events wait in its send queue.
    public var queued: Int { sendQueue?.count ?? 0 }

    /// Whether it has fallen behind: some of what was sent last has not been taken.
    public var isBehind: Bool { hasSendQueue }

    /// Sends events to the socket, or queues them if others wait before them.
    /// - Returns: how many events the kernel took.
    func deliver(_ run: FrameRun) -> Int {
        guard !isGone, !isEnding else { return 0 }
        guard !hasSendQueue else {
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
        sendQueue = makeSendQueue(sentOfFirst: rest)
        queue(run, from: frames)
        // It has read until now.
        hub.recordProgress(self)
        return frames
    }

    private func queue(_ run: FrameRun, from first: Int) {
        guard var sendQueue else { return }
        var drops = 0
        for frame in run.frames[first...] where !sendQueue.offer(frame) { drops += 1 }
        self.sendQueue = sendQueue
        droppedCount += drops
        unloggedDrops += drops
        hub.record(dropped: drops, queue: queued)
    }

    /// Counts events that were dropped before the hub, and reports them before the next event.
    func recordDrops(_ count: Int) {
        guard !isGone, !isEnding, count > 0 else { return }
        var sendQueue = self.sendQueue ?? makeSendQueue(sentOfFirst: 0)
        sendQueue.recordDrops(count)
        self.sendQueue = sendQueue
        droppedCount += count
        unloggedDrops += count
        hub.record(dropped: count, queue: queued)
        drain()
    }

    /// Sends what waits in the send queue. The sink calls it when the socket takes bytes again.
    public func drain() {
        guard var sendQueue else { return }
        self.sendQueue = nil
        while let run = sendQueue.next(framing: request.framing) {
            let sent = sink.send(run)
            guard !isGone else { return }
            let events = sendQueue.advance(run, by: sent)
            deliveredCount += events
            hub.record(delivered: events)
            if sent < run.byteCount {
                self.sendQueue = sendQueue
                if sent > 0 { hub.recordProgress(self) }
                return
            }
        }
        logDrops()
        if isEnding { sink.finish() }
    }

    /// Sends a last frame after all that waits, and then ends the stream.
    func end(with frame: Frame) {
        guard !isGone, !isEnding else { return }
        isEnding = true
        if sendQueue == nil { sendQueue = makeSendQueue(sentOfFirst: 0) }
        sendQueue?.append(frame)
        drain()
    }

    /// Logs how many events were dropped until the subscriber caught up or left.
    func logDrops() {
        guard unloggedDrops > 0 else { return }
        hub.logSlow(self, unloggedDrops)
        unloggedDrops = 0
    }

    /// Sends a control frame, which is not an event. A subscriber that has fallen behind does not
    /// get it.
    /// - Returns: whether it was taken.
    @discardableResult
    func sendControlFrame(_ frame: Frame) -> Bool {
        guard sendQueue == nil, !isGone, !isEnding else { return false }
        let run = FrameRun([frame], framing: request.framing)
        let sent = sink.send(run)
        guard sent < run.byteCount, sent > 0, !isGone else { return sent == run.byteCount }
        // A part was sent: the rest must be sent before anything else.
        var rest = makeSendQueue(sentOfFirst: sent)
        rest.append(frame)
        sendQueue = rest
        return true
    }

    private func makeSendQueue(sentOfFirst: Int) -> SendQueue {
        SendQueue(
            capacity: hub.policy.bufferSize, sentOfFirst: sentOfFirst, memory: hub.policy.memory,
            notice: request.encoding.dropped)
    }
}
