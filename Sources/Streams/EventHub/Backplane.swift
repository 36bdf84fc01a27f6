public import Events
internal import Synchronization

/// Carries published events to every hub: of this process, and, with a conformer that connects
/// several, of all of them. Its inlet is `publish`: for what this process makes true, and for what
/// reaches it from outside, such as the events of another Directory.
///
/// Guarantees of every conformer, between `start` and `stop`:
/// - The events of one call reach a hub together and in their order. Calls that follow each other
///   reach every hub in their order. Of calls at the same time, all hubs of this process receive
///   the same one first.
/// - A hub that is connected receives each event that is published afterwards exactly once, unless
///   it has no room: then it receives the number of events that it missed, and nothing of that
///   call.
/// - What is published before `start` or after `stop` reaches no hub, and is not counted as
///   dropped.
/// - An event that has been handed to the hubs is not stored here: a process that ends loses what
///   its hubs have not sent. Readers resume from the event log.
///
/// All methods can be called from any thread.
public protocol Backplane: Sendable {
    /// Begins to carry events. Called once.
    /// - Throws: the error of the conformer, when it cannot reach what connects the processes.
    func start() async throws

    /// Adds a hub of this process.
    func connect(_ inlet: any HubInlet)

    /// Hands events that were published together to every hub. Neither blocks nor fails.
    func publish(_ events: [PublishedEvent])

    /// Waits until every hub has room for more events, with a deadline: a hub whose loop does not
    /// run must not delay the others. Blocks the thread.
    func waitForRoom()

    /// Waits until every hub has sent its events to the subscribers that keep reading, with a
    /// deadline. For a publisher of many events.
    func pace() async

    /// How many events to publish between two calls of `pace()`.
    var burst: Int { get }

    /// Waits until every hub of this process whose loop runs has sent what was published before the
    /// call, to the subscribers that keep reading.
    /// - Returns: false when the deadline came first, or the task was cancelled.
    func drained(by deadline: ContinuousClock.Instant) async -> Bool

    /// Stops carrying events, and releases the hubs. Events that were handed to them stay there. A
    /// second call does nothing; it cannot be started again.
    func stop() async
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
    /// Notifies the hub that its subscribers may have missed events that cannot be replayed.
    func postReset(_ reset: EventLogReset)
    /// Returns whether the hub still has events to send, or a subscriber that keeps reading has
    /// more than half of its queue full.
    func isUnderPressure() async -> Bool
}

/// The backplane within one process, with an inlet for each loop.
public final class LocalBackplane: Backplane {
    /// Not started, then running, then stopped.
    private enum State {
        case waiting([any HubInlet])
        case running([any HubInlet])
        case stopped

        /// The hubs that receive events.
        var receivers: [any HubInlet] { if case .running(let inlets) = self { inlets } else { [] } }
    }

    private let state = Mutex(State.waiting([]))
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

    /// Begins to carry events.
    public func start() {
        state.withLock { state in
            if case .waiting(let inlets) = state { state = .running(inlets) }
        }
    }

    /// Adds a hub. It gets every event from now on.
    public func connect(_ inlet: any HubInlet) {
        state.withLock { state in
            switch state {
            case .waiting(let inlets): state = .waiting(inlets + [inlet])
            case .running(let inlets): state = .running(inlets + [inlet])
            case .stopped: break
            }
        }
    }

    /// Stops carrying events, and releases the hubs.
    public func stop() { state.withLock { $0 = .stopped } }

    /// Posts events to every hub that has room, and counts them as dropped at the others.
    public func publish(_ events: [PublishedEvent]) {
        // Under the lock: otherwise two publishers could reach two hubs in different orders.
        state.withLock { state in
            for inlet in state.receivers {
                if inlet.hasRoom { inlet.post(events) } else { inlet.recordDrops(events.count) }
            }
        }
    }

    /// Notifies every hub that its subscribers may have missed events that cannot be replayed.
    public func publishReset(_ reset: EventLogReset) {
        for inlet in inlets { inlet.postReset(reset) }
    }

    /// Notifies every hub that events were lost before they reached this process.
    public func recordDrops(_ count: Int) {
        for inlet in inlets { inlet.recordDrops(count) }
    }

    private var inlets: [any HubInlet] { state.withLock(\.receivers) }

    /// Waits until every hub that is not stalled has room, `roomTime` at most. Blocks the thread.
    public func waitForRoom() {
        let deadline = ContinuousClock.now + roomTime
        while inlets.contains(where: { !$0.hasRoom && !$0.isStalled }),
            ContinuousClock.now < deadline
        {
            Pause.milliseconds(1)
        }
    }

    /// Waits until no hub is under pressure, `paceTime` at most; returns early if its task is
    /// cancelled. Stalled hubs are not waited for.
    public func pace() async { _ = await drained(by: .now + paceTime) }

    /// Waits until no hub is under pressure. Stalled hubs are not waited for.
    public func drained(by deadline: ContinuousClock.Instant) async -> Bool {
        let all = inlets
        while ContinuousClock.now < deadline, !Task.isCancelled {
            var isCalm = true
            for inlet in all where !inlet.isStalled {
                if await inlet.isUnderPressure() { isCalm = false }
            }
            if isCalm { return true }
            try? await Task.sleep(for: .milliseconds(1))
        }
        return false
    }

    /// How many events to publish between two calls of `pace()`: half of a send queue and 256 at
    /// most while there are subscribers, else 512.
    public var burst: Int {
        let hasSubscribers = inlets.contains { $0.subscriberCount > 0 }
        return hasSubscribers ? max(1, min(bufferSize / 2, 256)) : 512
    }
}
