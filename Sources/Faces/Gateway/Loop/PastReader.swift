internal import DequeModule
internal import EventHub
internal import Events
internal import Libevent

/// Reads the event log for the subscribers of one loop that are not live: those that came back with an
/// id, and those that have fallen behind. A few pages are read at a time, in turns, so that a crowd
/// that comes back delays neither the live streams nor one another for long.
///
/// The end of the past is exact: near it, live events are held, the rest of the log is read, and then
/// those of the held events follow whose place is later. Belongs to the loop's thread.
final class PastReader {
    /// A subscriber and how far it has come.
    private final class Replay {
        let subscriber: Subscriber
        let matcher: EventMatcher
        var place: EventPlace
        var isHolding = false
        /// Whether a page is being read or waits for its turn.
        var isReading = false

        init(_ subscriber: Subscriber, from place: EventPlace) {
            self.subscriber = subscriber
            self.place = place
            matcher = EventMatcher(subscriber.request.filter)
        }
    }

    /// The most pages that are read at a time.
    private static let concurrentPages = 4
    /// The time after which a page that could not be read is tried again.
    private static let retryDelay: Duration = .seconds(1)
    private static let limits = EventPageLimits(events: 256, bytes: 256 << 10)

    private let log: any EventLog
    private let hub: Hub
    private let loop: EventLoop
    private let wheel: TimerWheel
    private var replays: [Int: Replay] = [:]
    private var waiting: Deque<Int> = []
    private var active = 0

    init(_ log: any EventLog, hub: Hub, loop: EventLoop, wheel: TimerWheel) {
        self.log = log
        self.hub = hub
        self.loop = loop
        self.wheel = wheel
    }

    /// How many subscribers are not live.
    var count: Int { replays.count }

    /// Serves a subscriber from a place on. It gets no live events until it has caught up.
    func begin(_ subscriber: Subscriber, from place: EventPlace) {
        let id = subscriber.request.id
        replays[id] = Replay(subscriber, from: place)
        hub.beginPast(subscriber) { [weak self] in self?.proceed(id) }
        proceed(id)
    }

    /// Forgets a subscriber that has left.
    func forget(_ subscriber: Subscriber) { remove(subscriber.request.id) }

    private func remove(_ id: Int) {
        guard replays.removeValue(forKey: id) != nil, replays.isEmpty else { return }
        hub.forgetPastFrames()
    }

    /// Reads the next page, as soon as the subscriber has taken the last one.
    private func proceed(_ id: Int) {
        guard let replay = replays[id], !replay.isReading, !replay.subscriber.isBehind else {
            return
        }
        replay.isReading = true
        waiting.append(id)
        readNext()
    }

    private func readNext() {
        while active < Self.concurrentPages, let id = waiting.popFirst() {
            guard let replay = replays[id] else { continue }
            active += 1
            let reader = LoopBound(self, on: loop)
            Self.read(log, after: replay.place, replay.matcher) { page in
                reader.execute { $0.take(page, id) }
            }
        }
    }

    private static func read(
        _ log: any EventLog, after place: EventPlace, _ matcher: EventMatcher,
        _ take: @escaping @Sendable (EventPage?) -> Void
    ) {
        Task {
            take(
                try? await log.page(
                    after: place, through: nil, matching: matcher, limits: limits))
        }
    }

    private func take(_ page: EventPage?, _ id: Int) {
        active -= 1
        defer { readNext() }
        guard let replay = replays[id] else { return }
        replay.isReading = false
        guard let page else {
            wheel.schedule(after: Self.retryDelay) { [weak self] in self?.proceed(id) }
            return
        }
        replay.place = page.next
        hub.sendPast(replay.subscriber, page.events, missed: page.evictedCount)
        // The stream may have ended while it was written to.
        guard replays[id] === replay else { return }
        if page.isAtEnd { reachEnd(replay, id) }
        proceed(id)
    }

    private func reachEnd(_ replay: Replay, _ id: Int) {
        if replay.isHolding {
            // Removed first: with its held events the subscriber may fall behind again at once.
            remove(id)
            if hub.endPast(replay.subscriber, at: replay.place) { return }
            replays[id] = replay
        }
        replay.isHolding = true
        hub.holdLive(replay.subscriber)
    }
}
