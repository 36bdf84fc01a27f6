internal import DequeModule
public import Events
internal import Synchronization

/// An event log in memory, for tests and for a gateway without a store. It ends with the process.
///
/// Limits of count and bytes are kept at once, and that of age by `evict(at:)`.
public final class MemoryEventLog: EventLog {
    fileprivate struct Entry {
        let event: Event
        /// The latest timestamp up to this event, and the bytes of all events up to it.
        let latest: Int64
        let through: Int
    }

    fileprivate struct State {
        var policy: EventLogPolicy
        var entries: Deque<Entry> = []
        /// The number of the newest event of each id.
        var numbers: [EventID: Int64] = [:]
        /// The newest event that is not kept.
        var floor: Int64 = 0
        var floorID: EventID?
        var floorTime = Int64.min
        var floorThrough = 0
        var retained: Int64?
    }

    private let state: Mutex<State>

    /// Makes an empty log.
    public init(_ policy: EventLogPolicy) { state = Mutex(State(policy: policy)) }

    /// Appends events that are about to be published. Does nothing while the log is off.
    /// - Returns: the place after the first of them; nil while the log is off.
    @discardableResult
    public func append(_ events: [Event]) -> EventPlace? {
        state.withLock { state in
            guard state.policy.isOn else { return nil }
            let first = EventPlace(after: state.newest + 1)
            for event in events { state.append(event) }
            state.evict(before: nil)
            return first
        }
    }

    /// Evicts what is beyond the limits.
    /// - Parameter now: microseconds since 1970.
    public func evict(at now: Int64) {
        state.withLock { $0.evict(before: $0.policy.oldestTime(now)) }
    }

    /// Changes the limits. Turning the log off forgets everything.
    /// - Parameter now: microseconds since 1970.
    public func configure(_ policy: EventLogPolicy, at now: Int64) {
        state.withLock { state in
            if !policy.isOn || !state.policy.isOn { state.forget(at: now) }
            state.policy = policy
            state.evict(before: nil)
        }
    }

    /// Whether events are kept.
    public var isOn: Bool { state.withLock { $0.policy.isOn } }

    /// Returns what is kept now.
    public func extent() async -> EventLogExtent { state.withLock { $0.extent } }

    /// Finds the place after an event, by a hash map.
    public func start(after id: EventID) async -> EventLogStart {
        state.withLock { state in
            guard state.policy.isOn else { return .unknown(EventLogReset(.historyOff)) }
            if let number = state.numbers[id] { return .known(EventPlace(after: number)) }
            if id == state.floorID { return .known(EventPlace(after: state.floor)) }
            return state.reset(
                EventLogReset.cause(
                    forMissing: id, evicted: state.floorID, time: state.floorTime))
        }
    }

    /// Finds the place before the first event of a time or later, by bisection.
    public func start(since time: Int64) async -> EventLogStart {
        state.withLock { state in
            guard state.policy.isOn else { return .unknown(EventLogReset(.historyOff)) }
            guard time > state.floorTime else { return state.reset(.evicted) }
            var (low, high) = (0, state.entries.count)
            while low < high {
                let middle = (low + high) / 2
                if state.entries[middle].latest < time { low = middle + 1 } else { high = middle }
            }
            return .known(EventPlace(after: state.floor + Int64(low)))
        }
    }

    /// Reads the next events that match.
    public func page(
        after place: EventPlace, through end: EventPlace?, matching matcher: EventMatcher,
        limits: EventPageLimits
    ) async -> EventPage {
        state.withLock { $0.page(place.position, end?.position, matcher, limits) }
    }

    /// Keeps the events after a place.
    public func retain(after place: EventPlace?) async {
        state.withLock { state in
            guard state.policy.isOn else { return }
            state.retained = place?.position
            state.evict(before: nil)
        }
    }
}

extension MemoryEventLog.State {
    fileprivate var newest: Int64 { floor + Int64(entries.count) }
    private var through: Int { entries.last?.through ?? floorThrough }

    fileprivate var extent: EventLogExtent {
        EventLogExtent(
            oldest: EventPlace(after: floor), oldestID: entries.first?.event.id,
            newest: EventPlace(after: newest), byteCount: through - floorThrough)
    }

    fileprivate func reset(_ cause: EventLogReset.Cause) -> EventLogStart {
        let extent = extent
        return .unknown(EventLogReset(cause, oldest: extent.oldest, oldestID: extent.oldestID))
    }

    fileprivate mutating func append(_ event: Event) {
        entries.append(
            MemoryEventLog.Entry(
                event: event, latest: max(entries.last?.latest ?? floorTime, event.timestamp),
                through: through + event.logByteCount))
        numbers[event.id] = newest
    }

    /// Evicts the oldest events that are beyond the limits.
    /// - Parameter time: those of an earlier time too.
    fileprivate mutating func evict(before time: Int64?) {
        while let oldest = entries.first, floor < retained ?? .max {
            let isOver =
                entries.count > policy.maxEvents
                || through - floorThrough > policy.maxBytes ?? .max
            guard isOver || oldest.event.timestamp < time ?? .min else { return }
            entries.removeFirst()
            floor += 1
            if numbers[oldest.event.id] == floor { numbers[oldest.event.id] = nil }
            (floorID, floorTime, floorThrough) = (oldest.event.id, oldest.latest, oldest.through)
        }
    }

    fileprivate mutating func forget(at now: Int64) {
        floor = newest
        floorID = nil
        floorTime = max(entries.last?.latest ?? floorTime, now)
        (entries, numbers, floorThrough, retained) = ([], [:], 0, nil)
    }

    fileprivate func page(
        _ place: Int64, _ end: Int64?, _ matcher: EventMatcher, _ limits: EventPageLimits
    ) -> EventPage {
        var count = EventPageCount(limits)
        var number = max(place, floor)
        let last = min(newest, end ?? .max)
        var page = EventPage(next: EventPlace(after: number))
        page.evictedCount = Int(max(0, floor - max(0, place)))
        while number < last, !count.isFull {
            let event = entries[Int(number - floor)].event
            number += 1
            count.read(event.logByteCount)
            page.next = EventPlace(after: number)
            guard matcher.matches(event) else { continue }
            count.take(event.logByteCount)
            page.events.append(LoggedEvent(event, at: page.next))
        }
        page.isAtEnd = number >= last
        return page
    }
}
