internal import DequeModule
internal import Events
public import Wire

/// One loop's share of the subscribers: matches published events against their filters and sends
/// each what it wants, in the order of publication.
///
/// Subscribers with equal filter and format sit in one roster: their frames are gathered once and
/// then sent to each with one system call. Belongs to the loop's thread; plain and synchronous.
public final class Hub {
    let policy: DeliveryPolicy
    let logSlow: (Subscriber, Int) -> Void

    /// Events handed to the kernel, all subscribers together.
    public private(set) var delivered = 0
    /// Events lost, all subscribers together.
    public private(set) var dropped = 0
    /// How many subscribers there are.
    public private(set) var count = 0
    private var longestQueue = 0

    private var index = SubscriptionIndex()
    /// By filter id.
    private var rosters: [[RosterKey: Roster]] = []
    private var walk = Walk()
    private var waiting: Deque<PublishedEvent> = []
    private var pulse = Pulse()
    /// When the events of the walk that goes on were published.
    private var walking: [Duration] = []
    private var served: [Duration] = []

    /// So many events are matched and sent together at most: a burst of any size must not keep the
    /// loop from others.
    private static let burstLimit = 128
    /// A burst ends with the event that brings the work of matching to so many steps, a few
    /// milliseconds: labels can be many and long.
    private static let stepLimit = 100_000
    /// A subscriber that has taken nothing for so long is not waited for.
    private static let moveTime: Duration = .milliseconds(100)
    /// Subscribers that have fallen behind and do read.
    private var moving: [Subscriber] = []

    /// - Parameter logSlow: told when a burst of losses is over, with the number lost.
    public init(policy: DeliveryPolicy, logSlow: @escaping (Subscriber, Int) -> Void) {
        self.policy = policy
        self.logSlow = logSlow
    }

    /// Adds a subscriber, who gets what is published from now on.
    public func subscribe(_ request: Subscriber.Request, sink: any FrameSink) -> Subscriber {
        // What was published before must not reach the newcomer: its rosters are counted now.
        while !waiting.isEmpty { seal() }
        let subscriber = Subscriber(request, sink: sink, hub: self)
        let id = index.insert(request.filter)
        while rosters.count <= id { rosters.append([:]) }
        let key = RosterKey(encoding: request.encoding, framing: request.framing)
        let roster = rosters[id][key] ?? Roster(filter: id, key: key)
        rosters[id][key] = roster
        roster.add(subscriber)
        pulse.add(subscriber)
        count += 1
        return subscriber
    }

    /// Takes a subscriber away; nothing more is sent to it.
    public func remove(_ subscriber: Subscriber) {
        guard !subscriber.isGone else { return }
        subscriber.isGone = true
        if subscriber.isMoving { moving.removeAll { $0 === subscriber } }
        subscriber.endBurst()
        count -= 1
        pulse.remove(subscriber)
        let key = RosterKey(
            encoding: subscriber.request.encoding, framing: subscriber.request.framing)
        guard let (id, roster) = roster(of: subscriber, key) else { return }
        roster.remove(subscriber)
        if roster.count == 0 { rosters[id][key] = nil }
        index.remove(id)
    }

    /// Takes a burst of events. What cannot be sent at once is sent by `advance`.
    public func publish(_ events: [PublishedEvent]) {
        waiting += events
        waitingBytes += events.reduce(0) { $0 + $1.byteCount }
    }

    /// Bytes of the events that wait to be matched.
    public private(set) var waitingBytes = 0
    /// How many events wait to be matched.
    public var waitingCount: Int { waiting.count }

    /// Counts events that were lost for every subscriber, because the loop was too far behind; each
    /// is told.
    public func lose(_ count: Int) {
        for subscriber in subscribers { subscriber.lose(count) }
    }

    /// Returns whether events wait that are not on their way, or a subscriber that does read has
    /// more than half of its buffer full: whoever has many events to publish should wait a moment.
    public func isUnderPressure(at now: Duration) -> Bool {
        moving.removeAll { subscriber in
            let isOver = !subscriber.isBehind || now - subscriber.movedAt > Self.moveTime
            if isOver { subscriber.isMoving = false }
            return isOver
        }
        return !isIdle || moving.contains { $0.queued * 2 > policy.bufferSize }
    }

    /// Records that a subscriber that is behind has taken something.
    func noteMove(_ subscriber: Subscriber) {
        subscriber.movedAt = policy.now()
        guard !subscriber.isMoving else { return }
        subscriber.isMoving = true
        moving.append(subscriber)
    }

    /// Sends to at most `budget` subscribers, so that a long walk leaves the loop to others.
    /// - Returns: whether there is more to do.
    public func advance(budget: Int) -> Bool {
        if walk.isDone {
            guard !waiting.isEmpty else { return false }
            seal()
        }
        let now = pulse.now
        // Taken out while it runs: delivering may end in `remove`, which touches the hub again.
        var walk = walk
        self.walk = Walk()
        var taken = 0
        walk.advance(budget: budget) { subscriber, run in
            subscriber.lastSend = now
            taken += subscriber.deliver(run)
        }
        delivered += taken
        self.walk = walk
        if walk.isDone {
            served += walking
            walking = []
        }
        return !walk.isDone || !waiting.isEmpty
    }

    /// When the events were published that have reached their last subscriber since the last call.
    public func takeServed() -> [Duration] {
        defer { served = [] }
        return served
    }

    /// Settles who gets what of the events that wait, and with it who comes too late for them.
    private func seal() {
        var matched: [Int: [PublishedEvent]] = [:]
        var (count, steps) = (0, 0)
        for event in waiting.prefix(Self.burstLimit) {
            steps += index.match(event.event) { matched[$0, default: []].append(event) }
            steps += event.event.labels.count
            count += 1
            if steps > Self.stepLimit { break }
        }
        let burst = waiting.prefix(count)
        walking += burst.map(\.publishedAt)
        waitingBytes -= burst.reduce(0) { $0 + $1.byteCount }
        waiting.removeFirst(count)
        for (id, events) in matched {
            for (key, roster) in rosters[id] {
                let frames = events.map { $0.frame(key.encoding) }
                walk.append(roster, FrameRun(frames, framing: key.framing))
            }
        }
    }

    /// How many times `beat` is to be called in each heartbeat interval.
    public static let ticksPerInterval = Pulse.ticksPerInterval

    /// One tick of the heartbeat: sends a sign of life to those that have been silent for so long
    /// that they would have to wait too long at their next turn.
    public func beat() {
        for subscriber in pulse.advance() where subscriber.sendAside(heartbeat(subscriber)) {
            pulse.stamp(subscriber)
        }
    }

    /// Ends all streams in good order, each with a last frame of its own; what waits for a subscriber
    /// leaves first.
    public func endAll(with frame: (Subscriber) -> Frame) {
        for subscriber in subscribers { subscriber.end(with: frame(subscriber)) }
    }

    /// Ends all streams at once.
    public func abortAll() {
        for subscriber in subscribers { subscriber.sink.abort() }
    }

    /// Whether nothing is left to send to anybody who keeps up.
    public var isIdle: Bool { walk.isDone && waiting.isEmpty }

    /// The subscribers, in no particular order.
    public var subscribers: [Subscriber] { pulse.subscribers }

    /// In how many parts the subscribers can be looked at.
    public static let partCount = Pulse.partCount

    /// Returns some of the subscribers: all parts together have each of them once.
    public func subscribers(ofPart part: Int) -> [Subscriber] { pulse.subscribers(ofPart: part) }

    /// The longest queue since the last call.
    public func takeLongestQueue() -> Int {
        defer { longestQueue = subscribers.reduce(0) { max($0, $1.queued) } }
        return longestQueue
    }

    private func heartbeat(_ subscriber: Subscriber) -> Frame {
        Pulse.frame(subscriber.request.encoding)
    }

    func note(dropped lost: Int, queue length: Int) {
        dropped += lost
        longestQueue = max(longestQueue, length)
    }

    func note(delivered events: Int) { delivered += events }

    private func roster(of subscriber: Subscriber, _ key: RosterKey) -> (Int, Roster)? {
        guard let id = index.id(of: subscriber.request.filter), let roster = rosters[id][key]
        else { return nil }
        return (id, roster)
    }
}
