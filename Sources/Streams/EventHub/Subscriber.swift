public import Events
public import Frames

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
        /// The address of the client, for limits, logs and `GET /subscribers`.
        public let address: String
        /// What the client calls itself (`User-Agent`); empty when it does not say.
        public let userAgent: String
        /// When it subscribed, in microseconds since 1970 (UTC).
        public let since: Int64

        /// Makes a request.
        public init(
            id: Int, filter: EventFilter, encoding: EventEncoding, address: String,
            userAgent: String = "", since: Int64
        ) {
            self.id = id
            self.filter = filter
            self.encoding = encoding
            self.address = address
            self.userAgent = userAgent
            self.since = since
        }
    }

    /// What waits for a subscriber that has fallen behind. Apart, because most have not, and each
    /// idle subscriber costs memory.
    private final class Backlog {
        var queue: SendQueue
        /// When the subscriber last took something.
        var lastProgress: Duration = .zero
        /// Drops that have not been logged yet.
        var unloggedDrops = 0

        init(_ queue: SendQueue) { self.queue = queue }
    }

    // One by one, and what others asked for as well only once: each idle subscriber costs memory.
    let subscription: Subscription
    private let id: Int
    private let address: String
    private let agent: UserAgent?
    private let since: Int64
    /// Where its frames go.
    public let sink: any FrameSink

    /// What the subscriber asked for.
    public var request: Request {
        Request(
            id: id, filter: subscription.filter, encoding: subscription.encoding, address: address,
            userAgent: agent?.text ?? "", since: since)
    }

    private var hub: Hub { subscription.hub }

    /// How many events its stream has taken.
    public var delivered: Int { deliveredCount }
    /// How many events were dropped for it.
    public var dropped: Int { droppedCount }

    // Private, so that exclusivity is checked statically (SE-0176): every delivery accesses these,
    // and the dynamic check costs more than the rest of a delivery.
    private var deliveredCount = 0
    private var droppedCount = 0
    private var backlog: Backlog?
    private var past: SubscriberPast?

    // What the hub records about the subscriber.
    /// The slot in its delivery group.
    var slot: Int32 = 0
    /// The position in its part of the registry.
    var position: Int32 = 0
    /// The heartbeat tick of the last send.
    var lastSend: UInt32 = 0
    /// The part of the registry.
    var part: UInt8 = 0
    /// Whether the last frame was queued: nothing follows it.
    private var isEnding = false
    var isGone = false
    /// Whether the hub waits for it, because it has fallen behind and has taken something recently.
    var isReading = false

    init(
        _ request: Request, agent: UserAgent?, sink: any FrameSink, subscription: Subscription
    ) {
        self.subscription = subscription
        self.agent = agent
        id = request.id
        address = request.address
        since = request.since
        self.sink = sink
        sink.owner = self
    }

    deinit { sink.owner = nil }

    /// How many events wait in its send queue.
    public var queued: Int { backlog?.queue.count ?? 0 }

    /// Whether it is served from the event log, and not live.
    public var isReplaying: Bool { past != nil }

    /// Whether it has fallen behind: some of what was sent last has not been taken.
    public var isBehind: Bool { backlog != nil }

    /// When it last took something; meaningful while it is behind.
    var lastProgress: Duration { backlog?.lastProgress ?? .zero }

    /// Records that it has taken something, while it is behind.
    func markProgress(at now: Duration) { backlog?.lastProgress = now }

    /// Sends events to the stream, or queues them if others wait before them.
    func deliver(_ run: FrameRun) -> Delivery {
        guard !isGone, !isEnding else { return Delivery() }
        guard let past else { return deliverLive(run) }
        let rest = past.take(run.frames)
        if past.isOver { self.past = nil }
        return rest.isEmpty ? Delivery() : deliverLive(FrameRun(rest, framing: sink.framing))
    }

    private func deliverLive(_ run: FrameRun) -> Delivery {
        if let backlog { return queue(run, from: 0, in: backlog) }
        let sent = sink.send(run)
        guard sent < run.byteCount else {
            deliveredCount += run.frames.count
            return Delivery(delivered: run.frames.count)
        }
        guard !isGone else { return Delivery() }
        let (frames, rest) = run.position(after: sent)
        deliveredCount += frames
        let backlog = makeBacklog(sentOfFirst: rest)
        var delivery = queue(run, from: frames, in: backlog)
        delivery.delivered = frames
        // It has read until now.
        delivery.isProgress = true
        return delivery
    }

    private func queue(_ run: FrameRun, from first: Int, in backlog: Backlog) -> Delivery {
        var drops = 0
        for frame in run.frames[first...] {
            if hub.catchesUp, frame.position > 0, !backlog.queue.hasRoom(for: frame) {
                // Nothing is lost: what follows is in the log.
                var delivery = record(drops: drops, in: backlog)
                delivery.lag = EventPlace(after: frame.position - 1)
                return delivery
            }
            if !backlog.queue.offer(frame) { drops += 1 }
        }
        return record(drops: drops, in: backlog)
    }

    private func record(drops: Int, in backlog: Backlog) -> Delivery {
        droppedCount += drops
        backlog.unloggedDrops += drops
        return Delivery(dropped: drops)
    }

    /// Counts events that were dropped before the hub, and reports them before the next event.
    func recordDrops(_ count: Int) -> Delivery {
        guard !isGone, !isEnding, count > 0 else { return Delivery() }
        let backlog = backlog ?? makeBacklog(sentOfFirst: 0)
        backlog.queue.recordDrops(count)
        var delivery = record(drops: count, in: backlog)
        delivery.delivered = drain().delivered
        return delivery
    }

    /// Sends what waits in the send queue.
    func drain() -> Delivery {
        var delivery = Delivery()
        guard let backlog else { return delivery }
        while let run = backlog.queue.next(framing: sink.framing) {
            let sent = sink.send(run)
            guard !isGone else { return delivery }
            let events = backlog.queue.advance(run, by: sent)
            deliveredCount += events
            delivery.delivered += events
            delivery.isProgress = delivery.isProgress || sent > 0
            if sent < run.byteCount { return delivery }
        }
        hub.caughtUp(self, drops: takeUnloggedDrops())
        self.backlog = nil
        if isEnding { sink.finish() } else { past?.onRoom() }
        return delivery
    }

    /// Sends no live events until `endPast`.
    /// - Parameter onRoom: called when everything that was sent has been taken.
    func beginPast(onRoom: @escaping () -> Void) { past = SubscriberPast(onRoom: onRoom) }

    /// Holds live events from now on, and forgets those that were held.
    func holdLive() {
        past?.held = []
        past?.heldBytes = 0
        past?.isOverrun = false
    }

    /// Sends events of the past, whatever the limits of the send queue.
    /// - Parameter missed: how many were evicted before them.
    func sendPast(_ frames: [Frame], missed: Int) -> Delivery {
        var delivery = Delivery(dropped: missed)
        guard !isGone, !isEnding else { return delivery }
        droppedCount += missed
        if missed > 0, !sendControlFrame(request.encoding.dropped(missed)), !isGone {
            // No room for it now: it is sent before the next event.
            (backlog ?? makeBacklog(sentOfFirst: 0)).queue.recordDrops(missed)
        }
        guard !frames.isEmpty, !isGone else { return delivery }
        var rest = frames[...]
        if backlog == nil {
            let run = FrameRun(frames, framing: sink.framing)
            let sent = sink.send(run)
            guard !isGone else { return delivery }
            let (whole, part) = run.position(after: sent)
            deliveredCount += whole
            delivery.delivered = whole
            rest = frames[whole...]
            if !rest.isEmpty { makeBacklog(sentOfFirst: part) }
        }
        for frame in rest { backlog?.queue.force(frame) }
        delivery.isProgress = true
        return delivery
    }

    /// Goes on live with the events that were held.
    /// - Parameter position: the number of the last event that was read from the log.
    /// - Returns: nil when more were published than were held: read on.
    func endPast(after position: Int64) -> Delivery? {
        guard let past, let rest = past.finish(at: position) else { return nil }
        return rest.isEmpty ? Delivery() : deliver(FrameRun(rest, framing: sink.framing))
    }

    /// Sends a last frame after all that waits, and then ends the stream.
    func end(with frame: Frame) -> Delivery {
        guard !isGone, !isEnding else { return Delivery() }
        isEnding = true
        let backlog = backlog ?? makeBacklog(sentOfFirst: 0)
        backlog.queue.append(frame)
        return drain()
    }

    /// Returns how many events were dropped since the last call.
    func takeUnloggedDrops() -> Int {
        guard let backlog else { return 0 }
        defer { backlog.unloggedDrops = 0 }
        return backlog.unloggedDrops
    }

    /// Sends a control frame, which is not an event. A subscriber that has fallen behind does not
    /// get it.
    /// - Returns: whether it was taken.
    @discardableResult
    func sendControlFrame(_ frame: Frame) -> Bool {
        guard backlog == nil, !isGone, !isEnding else { return false }
        let run = FrameRun([frame], framing: sink.framing)
        let sent = sink.send(run)
        guard sent < run.byteCount, sent > 0, !isGone else { return sent == run.byteCount }
        // A part was sent: the rest must be sent before anything else.
        makeBacklog(sentOfFirst: sent).queue.append(frame)
        return true
    }

    /// Sends a frame that is not an event, after all that waits.
    func sendNotice(_ frame: Frame) {
        guard frame.count(.plain) > 0, !isGone, !isEnding else { return }
        if backlog == nil {
            let run = FrameRun([frame], framing: sink.framing)
            let sent = sink.send(run)
            guard sent < run.byteCount, !isGone else { return }
            makeBacklog(sentOfFirst: sent).queue.append(frame)
        } else {
            backlog?.queue.offerNotice(frame)
        }
    }

    @discardableResult
    private func makeBacklog(sentOfFirst: Int) -> Backlog {
        let backlog = Backlog(
            SendQueue(
                capacity: hub.policy.bufferSize, sentOfFirst: sentOfFirst,
                memory: hub.policy.memory, notice: subscription.encoding.dropped))
        self.backlog = backlog
        return backlog
    }
}
