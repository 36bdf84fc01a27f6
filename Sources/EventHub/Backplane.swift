internal import Synchronization

/// Carries every published event to every hub.
///
/// Guarantees: each hub gets each event exactly once, and all hubs get them in the order of the
/// calls to `deliver`; a hub that is too far behind to take them is told how many it has lost.
public protocol Backplane: Sendable {
    /// Hands events that were published together to every hub. Neither blocks nor fails.
    func deliver(_ events: [PublishedEvent])

    /// Waits until every hub has room for more, but not for long: a hub whose loop does not run must
    /// not hold up the others. Blocks the thread.
    func waitForRoom()

    /// Waits until every hub has passed on what it got to the subscribers that keep reading, but not
    /// for long. For whoever has many events to publish.
    func pace() async

    /// How many events to publish before the next `pace()`.
    var burst: Int { get }
}

/// The way into a hub of this process.
public protocol HubInlet: Sendable {
    /// Whether the hub has room for more events.
    var hasRoom: Bool { get }
    /// Whether its loop has stopped to run.
    var isStalled: Bool { get }
    /// Subscribers.
    var subscriberCount: Int { get }
    /// Leaves events for the hub; does not block.
    func post(_ events: [PublishedEvent])
    /// Tells the hub that so many events were not posted, because it had no room.
    func recordDrops(_ count: Int)
    /// Whether the hub has more to pass on than it should, or a subscriber that reads is far behind.
    func isUnderPressure() async -> Bool
}

/// The backplane within one process: an inlet for each loop.
public final class LocalBackplane: Backplane {
    private let inlets = Mutex<[any HubInlet]>([])
    private let bufferSize: Int

    private let roomTime: Duration
    private let paceTime: Duration

    /// - Parameters:
    ///   - bufferSize: events that a subscriber's buffer holds.
    ///   - roomTime: how long the writer waits for a hub that is behind.
    ///   - paceTime: how long a bulk operation waits for subscribers, after each of its bursts.
    public init(
        bufferSize: Int = 100, roomTime: Duration = .seconds(2),
        paceTime: Duration = .milliseconds(250)
    ) {
        self.bufferSize = bufferSize
        self.roomTime = roomTime
        self.paceTime = paceTime
    }

    /// Adds a hub, which gets every event from now on.
    public func connect(_ inlet: any HubInlet) { inlets.withLock { $0.append(inlet) } }

    /// Removes all hubs: for the end.
    public func disconnect() { inlets.withLock { $0 = [] } }

    public func deliver(_ events: [PublishedEvent]) {
        // Under the lock, or two publishers could reach two hubs in two orders.
        inlets.withLock { inlets in
            for inlet in inlets {
                if inlet.hasRoom { inlet.post(events) } else { inlet.recordDrops(events.count) }
            }
        }
    }

    public func waitForRoom() {
        let deadline = ContinuousClock.now + roomTime
        while inlets.withLock({ $0.contains { !$0.hasRoom && !$0.isStalled } }),
            ContinuousClock.now < deadline
        {
            Pause.milliseconds(1)
        }
    }

    public func pace() async {
        let deadline = ContinuousClock.now + paceTime
        let all = inlets.withLock { $0 }
        while ContinuousClock.now < deadline, !Task.isCancelled {
            var isCalm = true
            for inlet in all where !inlet.isStalled {
                if await inlet.isUnderPressure() { isCalm = false }
            }
            if isCalm { return }
            try? await Task.sleep(for: .milliseconds(1))
        }
    }

    public var burst: Int {
        let hasSubscribers = inlets.withLock { $0.contains { $0.subscriberCount > 0 } }
        return hasSubscribers ? max(1, min(bufferSize / 2, 256)) : 512
    }
}
