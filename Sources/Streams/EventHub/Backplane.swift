internal import Synchronization

/// Carries every published event to every hub.
///
/// Guarantees: each hub gets each event exactly once, and all hubs get them in the order of the
/// calls to `deliver`. A hub that is too late to take events is notified how many were dropped.
/// All methods can be called from any thread.
public protocol Backplane: Sendable {
    /// Hands events that were published together to every hub. Neither blocks nor fails.
    func deliver(_ events: [PublishedEvent])

    /// Waits until every hub has room for more events, with a deadline: a hub whose loop does not
    /// run must not delay the others. Blocks the thread.
    func waitForRoom()

    /// Waits until every hub has sent its events to the subscribers that keep reading, with a
    /// deadline. For a publisher of many events.
    func pace() async

    /// How many events to publish between two calls of `pace()`.
    var burst: Int { get }
}

/// The input of a hub in this process. All members can be used from any thread.
public protocol HubInlet: Sendable {
    /// Whether the hub has room for more events.
    var hasRoom: Bool { get }
    /// Whether the hub's loop is blocked.
    var isStalled: Bool { get }
    /// How many subscribers the hub has.
    var subscriberCount: Int { get }
    /// Queues events for the hub. Does not block.
    func post(_ events: [PublishedEvent])
    /// Notifies the hub that `count` events were not posted because it had no room.
    func recordDrops(_ count: Int)
    /// Returns whether the hub still has events to send, or a subscriber that keeps reading has
    /// more than half of its queue full.
    func isUnderPressure() async -> Bool
}

/// The backplane within one process, with an inlet for each loop.
public final class LocalBackplane: Backplane {
    private let inlets = Mutex<[any HubInlet]>([])
    private let bufferSize: Int

    private let roomTime: Duration
    private let paceTime: Duration

    /// Makes a backplane without hubs.
    /// - Parameters:
    ///   - bufferSize: how many events a subscriber's send queue holds.
    ///   - roomTime: the most time that `waitForRoom` waits for a hub.
    ///   - paceTime: the most time that `pace` waits for subscribers.
    public init(
        bufferSize: Int = 100, roomTime: Duration = .seconds(2),
        paceTime: Duration = .milliseconds(250)
    ) {
        self.bufferSize = bufferSize
        self.roomTime = roomTime
        self.paceTime = paceTime
    }

    /// Adds a hub. It gets every event from now on.
    public func connect(_ inlet: any HubInlet) { inlets.withLock { $0.append(inlet) } }

    /// Removes all hubs, at shutdown.
    public func disconnect() { inlets.withLock { $0 = [] } }

    /// Posts events to every hub that has room, and counts them as dropped at the others.
    public func deliver(_ events: [PublishedEvent]) {
        // Under the lock: otherwise two publishers could reach two hubs in different orders.
        inlets.withLock { inlets in
            for inlet in inlets {
                if inlet.hasRoom { inlet.post(events) } else { inlet.recordDrops(events.count) }
            }
        }
    }

    /// Waits until every hub that is not stalled has room, `roomTime` at most. Blocks the thread.
    public func waitForRoom() {
        let deadline = ContinuousClock.now + roomTime
        while inlets.withLock({ $0.contains { !$0.hasRoom && !$0.isStalled } }),
            ContinuousClock.now < deadline
        {
            Pause.milliseconds(1)
        }
    }

    /// Waits until no hub is under pressure, `paceTime` at most; returns early if its task is
    /// cancelled. Stalled hubs are not waited for.
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

    /// How many events to publish between two calls of `pace()`: half of a send queue and 256 at
    /// most while there are subscribers, else 512.
    public var burst: Int {
        let hasSubscribers = inlets.withLock { $0.contains { $0.subscriberCount > 0 } }
        return hasSubscribers ? max(1, min(bufferSize / 2, 256)) : 512
    }
}
