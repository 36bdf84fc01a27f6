internal import DequeModule
public import Events
public import Frames

/// The subscribers of one loop. Matches published events against their filters and sends each
/// subscriber what matches, in the order of publication.
///
/// Subscribers with equal filter and format form a delivery group: their frames are gathered once
/// and then sent to each with one system call. Belongs to the loop's thread, and never waits.
public final class Hub {
    let policy: DeliveryPolicy
    private let logSlow: (Subscriber, Int) -> Void
    /// Called when a subscriber must be served from the event log from a place on, because it had no
    /// room. It gets no live events until `endPast`. nil: events are dropped instead.
    public var onLag: ((Subscriber, EventPlace) -> Void)?
    /// Called when a subscriber has left because its stream ended.
    public var onLeave: (Subscriber) -> Void = { _ in }

    /// Deliveries so far: events that the kernel has taken, summed over all subscribers.
    public private(set) var delivered = 0
    /// Drops so far: events that were dropped, summed over all subscribers.
    public private(set) var dropped = 0
    /// How many subscribers there are.
    public var count: Int { registry.count }
    private var longestQueue = 0

    private var index = SubscriptionIndex()
    /// The delivery groups, by filter id.
    private var groups: [[DeliveryGroup.Key: DeliveryGroup]] = []
    private var fanOut = FanOut()
    private var waiting: Deque<PublishedEvent> = []
    private var registry = SubscriberRegistry()
    private var agents = UserAgents()
    private var heartbeats = HeartbeatScheduler()
    private var pastFrames = PastFrames()
    /// When the events of the active fan-out were published.
    private var activePublishTimes: [Duration] = []
    private var completedPublishTimes: [Duration] = []

    /// The most events that are matched and sent together: a burst of any size must not block the
    /// loop.
    private static let burstLimit = 128
    /// The steps of matching, a few milliseconds, after which a burst ends: labels can be many and
    /// long.
    private static let stepLimit = 100_000
    /// A subscriber that has taken nothing for this time is not waited for.
    private static let progressTimeout: Duration = .milliseconds(100)
    /// Subscribers that have fallen behind and still read.
    private var reading: [Subscriber] = []

    /// Makes a hub without subscribers.
    /// - Parameter logSlow: called when a subscriber that dropped events has caught up or left,
    ///   with the number of dropped events.
    public init(policy: DeliveryPolicy, logSlow: @escaping (Subscriber, Int) -> Void) {
        self.policy = policy
        self.logSlow = logSlow
    }

    /// Adds a subscriber. It gets what is published from now on, and leaves when its stream ends.
    @discardableResult
    public func subscribe(_ request: Subscriber.Request, sink: any FrameSink) -> Subscriber {
        // What was published before must not reach the new subscriber: a fan-out ends at the slots
        // that its groups have when the burst is matched.
        while !waiting.isEmpty { matchBurst() }
        let id = index.insert(request.filter)
        while groups.count <= id { groups.append([:]) }
        let key = DeliveryGroup.Key(encoding: request.encoding, framing: sink.framing)
        let group =
            groups[id][key] ?? DeliveryGroup(Subscription(request, id: id, hub: self))
        groups[id][key] = group
        let subscriber = Subscriber(
            request, agent: agents.shared(request.userAgent), sink: sink,
            subscription: group.subscription)
        group.add(subscriber)
        registry.add(subscriber)
        heartbeats.markSent(subscriber)
        return subscriber
    }

    /// Removes a subscriber. Nothing more is sent to it.
    public func remove(_ subscriber: Subscriber) {
        guard !subscriber.isGone else { return }
        subscriber.isGone = true
        if subscriber.isReading { reading.removeAll { $0 === subscriber } }
        caughtUp(subscriber, drops: subscriber.takeUnloggedDrops())
        registry.remove(subscriber)
        let subscription = subscriber.subscription
        let key = DeliveryGroup.Key(
            encoding: subscription.encoding, framing: subscriber.sink.framing)
        if let group = groups[subscription.id][key] {
            group.remove(subscriber)
            if group.count == 0 { groups[subscription.id][key] = nil }
            index.remove(subscription.id)
        }
        onLeave(subscriber)
    }

    /// Logs the drops of a subscriber that has caught up or left.
    func caughtUp(_ subscriber: Subscriber, drops: Int) {
        if drops > 0 { logSlow(subscriber, drops) }
    }

    /// Queues a burst of events. `continueFanOut` matches and sends them.
    public func publish(_ events: [PublishedEvent]) {
        waiting += events
        waitingBytes += events.reduce(0) { $0 + $1.byteCount }
    }

    /// Bytes of the events that wait to be matched.
    public private(set) var waitingBytes = 0
    /// How many events wait to be matched.
    public var waitingCount: Int { waiting.count }

    /// Counts events that were dropped before the hub because the loop was late. Each subscriber
    /// receives a report of them.
    public func recordDrops(_ count: Int) {
        for subscriber in subscribers { account(subscriber, subscriber.recordDrops(count)) }
    }

    /// Returns whether a publisher of many events should wait: a fan-out is active, or a subscriber
    /// that still reads has more than half of its queue full.
    /// - Parameter now: the time on the clock of the policy.
    public func isUnderPressure(at now: Duration) -> Bool {
        reading.removeAll { subscriber in
            let isOver =
                !subscriber.isBehind || now - subscriber.lastProgress > Self.progressTimeout
            if isOver { subscriber.isReading = false }
            return isOver
        }
        return !isIdle || reading.contains { $0.queued * 2 > policy.bufferSize }
    }

    /// Sends what waits for a subscriber.
    func drain(_ subscriber: Subscriber) { account(subscriber, subscriber.drain()) }

    /// Whether a subscriber without room is served from the event log.
    var catchesUp: Bool { onLag != nil && policy.onOverflow == .catchUp }

    /// Sends no live events to a subscriber that reads the past, until `endPast`.
    /// - Parameter onRoom: called when everything that was sent to it has been taken.
    public func beginPast(_ subscriber: Subscriber, onRoom: @escaping () -> Void) {
        subscriber.beginPast(onRoom: onRoom)
    }

    /// Holds live events for a subscriber that is near the end of the past.
    public func holdLive(_ subscriber: Subscriber) { subscriber.holdLive() }

    /// Sends events of the past to a subscriber. What it does not take waits, whatever the limits of
    /// its queue: send no more pages until it is not behind.
    /// - Parameters:
    ///   - events: from the log, in their order.
    ///   - missed: how many were evicted before them.
    public func sendPast(
        _ subscriber: Subscriber, _ events: some Collection<LoggedEvent>, missed: Int
    ) {
        let encoding = subscriber.subscription.encoding
        let frames = events.map { pastFrames.frame($0, as: encoding, budget: policy.memory) }
        account(subscriber, subscriber.sendPast(frames, missed: missed))
    }

    /// Forgets the frames that subscribers of the past share. To be called when none is left.
    public func forgetPastFrames() { pastFrames.removeAll() }

    /// Lets a subscriber go on live, after the events of the log up to a place.
    /// - Returns: false when more was published than was held: read on, and hold anew.
    public func endPast(_ subscriber: Subscriber, at place: EventPlace) -> Bool {
        guard let delivery = subscriber.endPast(after: place.position) else { return false }
        account(subscriber, delivery)
        return true
    }

    private func account(_ subscriber: Subscriber, _ delivery: Delivery) {
        delivered += delivery.delivered
        dropped += delivery.dropped
        if let place = delivery.lag { onLag?(subscriber, place) }
        guard subscriber.isBehind else { return }
        longestQueue = max(longestQueue, subscriber.queued)
        guard delivery.isProgress else { return }
        subscriber.markProgress(at: policy.now())
        guard !subscriber.isReading else { return }
        subscriber.isReading = true
        reading.append(subscriber)
    }

    /// Continues the fan-out, and begins the next one if none is active.
    /// - Parameter budget: the most slots to visit, so that a long fan-out does not block the loop.
    /// - Returns: whether there is more to do.
    public func continueFanOut(budget: Int) -> Bool {
        if fanOut.isDone {
            guard !waiting.isEmpty else { return false }
            matchBurst()
        }
        let now = heartbeats.now
        // Moved out for this call: a delivery may end in `remove`, which accesses the hub again.
        var fanOut = fanOut
        self.fanOut = FanOut()
        var taken = 0
        fanOut.advance(budget: budget) { subscriber, run in
            subscriber.lastSend = now
            let delivery = subscriber.deliver(run)
            if subscriber.isBehind {
                account(subscriber, delivery)
            } else {
                taken += delivery.delivered
            }
        }
        delivered += taken
        self.fanOut = fanOut
        if fanOut.isDone {
            completedPublishTimes += activePublishTimes
            activePublishTimes = []
        }
        return !fanOut.isDone || !waiting.isEmpty
    }

    /// Returns when the events were published whose fan-out has ended since the last call, on the
    /// monotonic clock.
    public func takeCompleted() -> [Duration] {
        defer { completedPublishTimes = [] }
        return completedPublishTimes
    }

    /// Matches the next burst of the events that wait, and adds its deliveries to the fan-out.
    private func matchBurst() {
        var matched: [Int: [PublishedEvent]] = [:]
        var (count, steps) = (0, 0)
        for event in waiting.prefix(Self.burstLimit) {
            steps += index.match(event.event) { matched[$0, default: []].append(event) }
            steps += event.event.labels.count
            count += 1
            if steps > Self.stepLimit { break }
        }
        let burst = waiting.prefix(count)
        activePublishTimes += burst.map(\.publishedAt)
        waitingBytes -= burst.reduce(0) { $0 + $1.byteCount }
        waiting.removeFirst(count)
        for (id, events) in matched {
            for (key, group) in groups[id] {
                let frames = events.map { $0.frame(key.encoding) }
                fanOut.append(group, FrameRun(frames, framing: key.framing))
            }
        }
    }

    /// How many times to call `heartbeatTick` in each heartbeat interval.
    public static let ticksPerInterval = HeartbeatScheduler.ticksPerInterval

    /// Sends a heartbeat to the subscribers of one bucket that have been silent for too long.
    public func heartbeatTick() {
        for subscriber in heartbeats.tick(registry) where subscriber.sendHeartbeat() {
            heartbeats.markSent(subscriber)
        }
    }

    /// Ends all streams in good order: sends what waits for each subscriber, then a last frame.
    /// - Parameter frame: makes the last frame of a subscriber.
    public func endAll(with frame: (Subscriber) -> Frame) {
        for subscriber in subscribers {
            account(subscriber, subscriber.end(with: frame(subscriber)))
        }
    }

    /// Ends one stream in good order, after all that waits for it.
    public func end(_ subscriber: Subscriber, with frame: Frame) {
        account(subscriber, subscriber.end(with: frame))
    }

    /// Ends all streams at once.
    public func abortAll() {
        for subscriber in subscribers { subscriber.sink.abort() }
    }

    /// Whether no event waits and no fan-out is active. Send queues are not considered.
    public var isIdle: Bool { fanOut.isDone && waiting.isEmpty }

    /// The subscribers, in no particular order.
    public var subscribers: [Subscriber] { registry.all }

    /// The number of parts in which the subscribers can be listed.
    public static let partCount = SubscriberRegistry.partCount

    /// Returns the subscribers of one part. Each subscriber is in exactly one.
    /// - Parameter part: from 0 to `partCount` − 1.
    public func subscribers(ofPart part: Int) -> [Subscriber] {
        registry[part]
    }

    /// Ends the streams of one part whose peers have vanished (`FrameSink.inspectPeer`).
    public func inspectPeers(ofPart part: Int, timeout: Duration) {
        for subscriber in registry[part] { subscriber.sink.inspectPeer(timeout) }
    }

    /// Returns the length of the longest send queue since the last call, in events.
    public func takeLongestQueue() -> Int {
        defer { longestQueue = subscribers.reduce(0) { max($0, $1.queued) } }
        return longestQueue
    }
}
