/// The log of published events, from which a reader resumes. The port of everything that reads it:
/// streams, pages of history, webhooks. Safe to use from any thread.
///
/// Guarantees of every conformer:
/// - An event can be read before it is published: when a subscriber has received it, a page that is
///   read afterwards has it, unless it has been evicted.
/// - Events are in the order in which they were published, and none between two that are kept is
///   missing. Eviction takes the oldest, and only these.
/// - A reader holds nothing between two calls. Reading delays no publisher.
///
/// Every method throws the error of the conformer when the log cannot be read at the moment, when
/// the read takes too long, or when the task is cancelled. Nothing is changed then, and the call
/// can be repeated.
///
/// To go from the log to live events without a gap or a duplicate: subscribe and hold what is
/// published, take `extent().newest`, read pages `through` it, then deliver of the held events
/// those whose place is later (`PublishedEvent.place`).
public protocol EventLog: Sendable {
    /// Whether events are kept; the first webhook turns the log on. When not, nothing is known of the past: `start` returns a reset,
    /// pages are empty, and `retain` does nothing.
    var isOn: Bool { get }

    /// Returns what is kept now.
    func extent() async throws -> EventLogExtent

    /// Finds the place after an event. Costs O(log n).
    /// - Returns: the place, if everything that was published after the event is kept. This is also
    ///   so for the newest event that was evicted.
    func start(after id: EventID) async throws -> EventLogStart

    /// Finds the place before the first event that was published at a time or later, by the
    /// timestamps of the events. Costs O(log² n).
    ///
    /// Where the clock was set back, later events of an earlier time follow.
    /// - Parameter time: microseconds since 1970. A time in the future is the newest place.
    /// - Returns: the place, if everything that was published at that time or later is kept.
    func start(since time: Int64) async throws -> EventLogStart

    /// Reads the next events that match, oldest first.
    ///
    /// A page ends at the first of its limits, so it can be empty although more events follow:
    /// `isAtEnd` says when the reader has caught up.
    /// - Parameters:
    ///   - place: where to read on from.
    ///   - end: the place where the page ends at the latest; nil is the newest place.
    func page(
        after place: EventPlace, through end: EventPlace?, matching matcher: EventMatcher,
        limits: EventPageLimits
    ) async throws -> EventPage

    /// Keeps the events after a place, also beyond the limits of the log, until the next call. It
    /// holds across a restart. What was evicted before the call does not come back.
    /// - Parameter place: the place of the reader that is the furthest behind; nil when there is
    ///   none.
    func retain(after place: EventPlace?) async throws
}

/// What a log keeps.
public struct EventLogExtent: Sendable, Equatable {
    /// The place before the oldest event that is kept.
    public let oldest: EventPlace
    /// The id of the oldest event that is kept; nil when none is kept.
    public let oldestID: EventID?
    /// The place after the newest event.
    public let newest: EventPlace
    /// The approximate size of what is kept, bytes.
    public let byteCount: Int

    /// How many events are kept.
    public var count: Int { Int(newest.position - oldest.position) }

    /// Makes an extent.
    public init(oldest: EventPlace, oldestID: EventID?, newest: EventPlace, byteCount: Int) {
        self.oldest = oldest
        self.oldestID = oldestID
        self.newest = newest
        self.byteCount = byteCount
    }
}

/// Where a reader begins.
public enum EventLogStart: Sendable, Equatable {
    /// Every event after this place is kept.
    case known(EventPlace)
    /// What followed cannot be known.
    case unknown(EventLogReset)
    /// Only what follows this place is kept, of the time that was asked for.
    case cut(EventPlace, EventLogReset)
}

/// Why what a reader has missed cannot be replayed, and what can.
public struct EventLogReset: Sendable, Equatable {
    /// The reason.
    public let cause: Cause
    /// The place before the oldest event that is kept: a reader that wants what there is begins
    /// here.
    public let oldest: EventPlace
    /// The id of the oldest event that is kept; nil when none is kept.
    public let oldestID: EventID?

    /// The reasons.
    public enum Cause: Sendable, CaseIterable {
        /// The log is off.
        case historyOff
        /// Events after the given one are no longer kept, or were published while the log was off.
        case evicted
        /// No event with the given id is known.
        case unknownID
        /// The Directory that this gateway listens to could not be reached for a time.
        case upstreamLost

        /// The name in a `reset` frame, such as `unknown-id`.
        public var name: String {
            switch self {
            case .historyOff: "history-off"
            case .evicted: "evicted"
            case .unknownID: "unknown-id"
            case .upstreamLost: "upstream-lost"
            }
        }
    }

    /// Makes a reset.
    public init(_ cause: Cause, oldest: EventPlace = .start, oldestID: EventID? = nil) {
        self.cause = cause
        self.oldest = oldest
        self.oldestID = oldestID
    }
}

extension EventLogReset {
    /// Returns why an id is not in a log: evicted, if it is of version 7 and not later than what
    /// was evicted last; else unknown. Ids of other versions have no order (RFC 9562 §5).
    /// - Parameters:
    ///   - evicted: the newest event that was evicted; nil when it is not known.
    ///   - time: when it was published, or the log was turned on, microseconds since 1970.
    package static func cause(
        forMissing id: EventID, evicted: EventID?, time: Int64
    ) -> Cause {
        guard id.version == 7 else { return .unknownID }
        if let evicted, evicted.version == 7 { return id <= evicted ? .evicted : .unknownID }
        return Int64(id.milliseconds) <= time / 1000 ? .evicted : .unknownID
    }
}
