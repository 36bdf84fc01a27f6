internal import EventHub
internal import Events
internal import Libevent
internal import Synchronization

/// The input of a loop's hub: a mailbox, and a count of the events that are not matched yet, which
/// any thread can read.
final class LoopInlet: HubInlet {
    /// The most events, and bytes of them, that may wait for a loop.
    private static let countLimit = 8192
    private static let byteLimit = 32 << 20

    private let loop: EventLoop
    private let owner: LoopBound<LoopHub>
    private let mailbox: Mailbox<PublishedEvent>
    private let waitingCount = Atomic(0)
    private let waitingBytes = Atomic(0)
    private let dropped = Atomic(0)
    private let subscribers = Atomic(0)

    init(_ owner: LoopHub, on loop: EventLoop) {
        let owner = LoopBound(owner, on: loop)
        self.loop = loop
        self.owner = owner
        mailbox = Mailbox(loop: loop) { burst in owner.use { $0.take(burst) } }
    }

    var hasRoom: Bool {
        waitingCount.load(ordering: .relaxed) < Self.countLimit
            && waitingBytes.load(ordering: .relaxed) < Self.byteLimit
    }

    var isStalled: Bool { loop.isStalled(limit: LoopHub.stallTime) }

    var subscriberCount: Int { subscribers.load(ordering: .relaxed) }

    func post(_ events: [PublishedEvent]) {
        // Without subscribers there is nothing to match. A new subscriber gets what is published
        // after it joined.
        guard subscriberCount > 0 else { return }
        waitingCount.add(events.count, ordering: .relaxed)
        waitingBytes.add(events.reduce(0) { $0 + $1.byteCount }, ordering: .relaxed)
        mailbox.post(events)
    }

    func recordDrops(_ count: Int) {
        dropped.add(count, ordering: .relaxed)
        owner.execute { $0.reportDropped() }
    }

    func postReset(_ reset: EventLogReset) {
        owner.execute { $0.sendReset(reset, fromPart: 0) }
    }

    func isUnderPressure() async -> Bool { await owner.value { $0.isUnderPressure() } ?? false }

    /// Hands over the events that wait. On the loop's thread only.
    func handOver() { mailbox.handOver() }

    /// Counts events as matched.
    func settle(count: Int, bytes: Int) {
        waitingCount.subtract(count, ordering: .relaxed)
        waitingBytes.subtract(bytes, ordering: .relaxed)
    }

    /// Returns how many events were not posted since the last call.
    func takeDropped() -> Int { dropped.exchange(0, ordering: .relaxed) }

    func setSubscribers(_ count: Int) { subscribers.store(count, ordering: .relaxed) }
}
