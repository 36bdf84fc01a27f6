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
    /// The most events of a page that are sent in one turn of the loop: live streams go on in between.
    private static let sliceCount = 64

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
        guard let page else {
            release()
            replays[id]?.isReading = false
            wheel.schedule(after: Self.retryDelay) { [weak self] in self?.proceed(id) }
            return
        }
        send(page, from: 0, id)
    }

    /// Sends a page, one part in each turn of the loop.
    private func send(_ page: EventPage, from start: Int, _ id: Int) {
        let end = min(start + Self.sliceCount, page.events.count)
        if let replay = replays[id] {
            hub.sendPast(
                replay.subscriber, page.events[start..<end],
                missed: start == 0 ? page.evictedCount : 0)
        }
        // The stream may have ended, also while it was written to.
        guard let replay = replays[id] else { return release() }
        guard end == page.events.count else {
            return LoopBound(self, on: loop).execute { $0.send(page, from: end, id) }
        }
        release()
        replay.isReading = false
        replay.place = page.next
        if page.isAtEnd { reachEnd(replay, id) }
        proceed(id)
    }

    /// Gives the place of a page that was read to the next one.
    private func release() {
        active -= 1
        readNext()
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
