internal import EventHub
internal import Events
internal import Frames
internal import Libevent
internal import Text

/// The hub of one loop with what drives it: the mailbox through which events arrive, the turns of the
/// fan-out, the heartbeats, and the checks of the peers. Streams of every protocol subscribe here.
///
/// Belongs to the loop's thread.
final class LoopHub {
    /// How a hub is driven, the same on all loops.
    struct Policy: Sendable {
        var delivery: DeliveryPolicy
        /// The longest silence of a stream.
        var heartbeatInterval: Duration
        /// How long a peer may acknowledge nothing that it should; zero for no limit.
        var peerTimeout: Duration
        /// The monotonic clock.
        var now: @Sendable () -> Duration
        /// Returns microseconds since 1970.
        var wall: @Sendable () -> Int64
    }

    /// Called when a subscriber has left because its stream ended.
    var onLeave: (Subscriber) -> Void = { _ in }
    /// The time from publishing an event to the write for the last subscriber.
    private(set) var publishToWrite = Histogram()
    private var longestQueue = WindowMaximum(0)

    private let hub: Hub
    private let policy: Policy
    private let loop: EventLoop
    private let wheel: TimerWheel
    private var inlet: LoopInlet?
    /// Serves subscribers from the event log; nil while the log is off.
    private var past: PastReader?
    /// Of the events that were posted to the inlet, what the hub has not matched yet.
    private var unmatched = (count: 0, bytes: 0)
    private var isFanningOut = false
    private var isTicking = false
    private var isInspecting = false
    /// When the next tick of the heartbeat is due, on the monotonic clock.
    private var nextTick: Duration = .zero
    private var inspectedPart = 0
    /// How many streams were told that the upstream was lost.
    private var resets = 0

    /// The most subscribers in one turn of the loop.
    private static let fanOutBudget = 256
    /// How often each peer is checked within its timeout.
    private static let inspectionsPerTimeout = 4
    /// The time without a recorded turn after which a loop counts as stalled. A loop records at
    /// least four turns a second.
    static let stallTime: Duration = .seconds(1)

    init(
        _ policy: Policy, log: any EventLog, loop: EventLoop, wheel: TimerWheel,
        logSlow: @escaping (Subscriber, Int) -> Void
    ) {
        self.policy = policy
        self.loop = loop
        self.wheel = wheel
        hub = Hub(policy: policy.delivery, logSlow: logSlow)
        hub.onLeave = { [weak self] in self?.left($0) }
        let past = PastReader(log, hub: hub, loop: loop, wheel: wheel)
        self.past = past
        hub.onLag = { [weak past] in past?.begin($0, from: $1) }
    }

    /// Makes the inlet through which events arrive; the caller connects it to a backplane.
    func makeInlet() -> LoopInlet {
        let inlet = LoopInlet(self, on: loop)
        self.inlet = inlet
        return inlet
    }

    /// How many subscribers there are.
    var count: Int { hub.count }

    // MARK: Subscribers

    /// Makes ready for a subscriber, before the first bytes of its stream are sent: from now on events
    /// are posted to this loop. Those that wait are matched before the new subscriber is added.
    func expectSubscriber() {
        inlet?.setSubscribers(hub.count + 1)
        inlet?.handOver()
    }

    /// Adds a subscriber, in the turn of the loop in which `expectSubscriber` was called and its stream
    /// was opened: a client that has read the first bytes gets every event that is published after
    /// them.
    /// - Parameter place: where in the event log the stream begins; nil for a stream that is live
    ///   from its start.
    /// - Returns: the subscriber; nil when the stream has ended already.
    @discardableResult
    func subscribe(
        _ request: Subscriber.Request, sink: any FrameSink, from place: EventPlace? = nil
    ) -> Subscriber? {
        defer { inlet?.setSubscribers(hub.count) }
        guard !sink.isClosed else { return nil }
        let subscriber = hub.subscribe(request, sink: sink)
        if let place { past?.begin(subscriber, from: place) }
        startTicks()
        return subscriber
    }

    private func left(_ subscriber: Subscriber) {
        inlet?.setSubscribers(hub.count)
        past?.forget(subscriber)
        onLeave(subscriber)
    }

    // MARK: Events

    /// Takes events from the mailbox.
    func take(_ burst: [PublishedEvent]) {
        unmatched.count += burst.count
        unmatched.bytes += burst.reduce(0) { $0 + $1.byteCount }
        if hub.count > 0 { hub.publish(burst) }
        settle()
        if !isFanningOut, hub.count > 0 { continueFanOut() }
    }

    /// Reports to publishers what the hub has matched.
    private func settle() {
        inlet?.settle(
            count: unmatched.count - hub.waitingCount, bytes: unmatched.bytes - hub.waitingBytes)
        unmatched = (hub.waitingCount, hub.waitingBytes)
    }

    /// Reports to every subscriber how many events were dropped because the loop was late.
    func reportDropped() { hub.recordDrops(inlet?.takeDropped() ?? 0) }

    /// Tells the subscribers that they may have missed events; those of one part in each turn.
    func sendReset(_ reset: EventLogReset, fromPart part: Int) {
        resets += hub.sendReset(reset, toPart: part)
        guard part + 1 < Hub.partCount else { return }
        LoopBound(self, on: loop).execute { $0.sendReset(reset, fromPart: part + 1) }
    }

    /// Returns whether a publisher of many events should wait.
    func isUnderPressure() -> Bool { hub.isUnderPressure(at: policy.now()) }

    /// Continues the fan-out, with `fanOutBudget` subscribers in each turn of the loop.
    private func continueFanOut() {
        isFanningOut = hub.continueFanOut(budget: Self.fanOutBudget)
        settle()
        let completed = hub.takeCompleted()
        if !completed.isEmpty {
            let now = policy.now()
            for time in completed { publishToWrite.observe(now - time) }
        }
        if isFanningOut { LoopBound(self, on: loop).execute { $0.continueFanOut() } }
    }

    // MARK: Ticks

    /// Starts the ticks of heartbeats and of peer checks, which continue while there are subscribers.
    private func startTicks() {
        if !isTicking {
            isTicking = true
            nextTick = policy.now() + tickInterval
            scheduleTick()
        }
        if !isInspecting, policy.peerTimeout > .zero {
            isInspecting = true
            scheduleInspection()
        }
    }

    private var tickInterval: Duration { policy.heartbeatInterval / Hub.ticksPerInterval }

    private func scheduleTick() {
        wheel.schedule(after: nextTick - policy.now()) { [weak self] in self?.tick() }
    }

    /// Runs all ticks that are due. Their times are computed from the first tick: computed from the
    /// last one, the delays of the loop would add up.
    private func tick() {
        let now = policy.now()
        // After a long pause a subscriber needs one heartbeat, not one for each missed interval.
        nextTick = max(nextTick, now - policy.heartbeatInterval)
        while nextTick <= now {
            hub.heartbeatTick()
            nextTick += tickInterval
        }
        isTicking = hub.count > 0
        if isTicking { scheduleTick() }
    }

    private func scheduleInspection() {
        let interval = policy.peerTimeout / (Self.inspectionsPerTimeout * Hub.partCount)
        wheel.schedule(after: interval) { [weak self] in self?.inspect() }
    }

    private func inspect() {
        inspectedPart = (inspectedPart + 1) % Hub.partCount
        hub.inspectPeers(ofPart: inspectedPart, timeout: policy.peerTimeout)
        isInspecting = hub.count > 0
        if isInspecting { scheduleInspection() }
    }

    // MARK: Statistics

    /// Begins the next part of the window of the longest queue.
    func turnWindow() {
        longestQueue.add(hub.takeLongestQueue())
        longestQueue.turn()
    }

    /// Adds the figures of the hub, with the current levels.
    func add(to statistics: inout LoopStatistics) {
        statistics.subscribers = hub.count
        statistics.delivered = hub.delivered
        statistics.dropped = hub.dropped
        longestQueue.add(hub.takeLongestQueue())
        statistics.longestQueue = longestQueue.value
        statistics.publishToWrite = publishToWrite
        if resets > 0 {
            statistics.resets[ExactString(EventLogReset.Cause.upstreamLost.name)] = resets
        }
    }

    /// Returns what subscribers of one part of the hub are sorted by: of all of them would take too
    /// long for one turn.
    func keys(ofPart part: Int, by order: SubscriberOrder) -> [SubscriberKey] {
        let now = policy.wall()
        return hub.subscribers(ofPart: part).map { SubscriberKey($0, part: part, order, now: now) }
    }

    /// Returns the subscribers of one part of the hub that have these numbers.
    /// - Parameter subject: returns the name of who subscribed.
    func subscribers(
        ofPart part: Int, _ ids: Set<Int>, subject: (Subscriber) -> String?
    ) -> [SubscriberStatus] {
        let now = policy.wall()
        return hub.subscribers(ofPart: part).filter { ids.contains($0.request.id) }.map {
            SubscriberStatus(
                $0, subject: subject($0), bufferSize: policy.delivery.bufferSize, now: now)
        }
    }

    // MARK: Shutdown

    /// Whether no event waits and no fan-out is active.
    var isIdle: Bool { hub.isIdle }

    /// Ends every stream with a `goodbye`, whose retry time differs for each.
    /// - Parameter retry: the least time after which clients come back.
    func sayGoodbye(retry: Duration) {
        // The last events of other loops are sent first.
        inlet?.handOver()
        while hub.continueFanOut(budget: .max) {}
        settle()
        let base = retry.milliseconds
        hub.endAll { $0.request.encoding.goodbye(retry: base + Int.random(in: 0...base)) }
    }

    /// Ends one stream with a `goodbye`.
    /// - Parameter reason: why, for the client.
    func sayGoodbye(to subscriber: Subscriber, retry: Duration, reason: String) {
        let goodbye = subscriber.request.encoding.goodbye(
            retry: retry.milliseconds, reason: reason)
        subscriber.sink.setEndReason("the stream was ended: \(reason)")
        hub.end(subscriber, with: goodbye)
    }

    /// Ends one stream with a `goodbye`; at once, if its client has not taken it after a time.
    /// - Returns: false when no subscriber has this number.
    func disconnect(_ id: Int, retry: Duration) -> Bool {
        guard let subscriber = hub.subscribers.first(where: { $0.request.id == id }) else {
            return false
        }
        sayGoodbye(to: subscriber, retry: retry, reason: Self.disconnectReason)
        wheel.schedule(after: Self.goodbyeTime) { [weak subscriber] in
            subscriber?.sink.abort()
        }
        return true
    }

    /// The `reason` of the last frame of a stream that an administrator ends.
    static let disconnectReason = "disconnected"
    /// How long a client has to take the end of its stream.
    private static let goodbyeTime: Duration = .seconds(5)

    /// Ends all streams at once.
    func abort() { hub.abortAll() }
}
