public import Events

/// The last events of a log, found from its newest end.
///
/// A log is read forward, so the rows before its end are read in portions, each older than the one
/// before it, until enough events match. How far that goes back is bounded by rows and by pages.
public struct RecentEvents: Sendable {
    /// The most rows that are looked at, from the newest one.
    public static let rowLimit = 8192
    /// The most bytes of the events that are returned, approximately. The newest one is always
    /// returned.
    public static let byteLimit = 1 << 20
    /// The most pages that are read. Events with very many labels fill one with few rows.
    private static let pageLimit = 32
    private static let firstPortion = 128

    private let log: any EventLog

    /// Reads a log that is on.
    public init(_ log: any EventLog) { self.log = log }

    /// Returns the last events that match, oldest first.
    /// - Parameter limit: the most events, at least 1.
    /// - Throws: what the log throws.
    public func last(_ limit: Int, matching matcher: EventMatcher) async throws -> [Event] {
        let extent = try await log.extent()
        let oldest = max(
            extent.oldest.position, extent.newest.position - Int64(Self.rowLimit))
        var (pages, portion) = (0, Int64(Self.firstPortion))
        var found = Tail(limit: limit)
        var end = extent.newest.position
        while end > oldest, !found.isFull {
            let start = max(oldest, end - portion)
            var older = Tail(limit: limit)
            guard try await read(from: start, to: end, matcher, into: &older, &pages) else {
                break
            }
            found.prepend(older)
            (end, portion) = (start, portion * 2)
        }
        return found.events
    }

    /// Reads the events between two places that match.
    /// - Returns: false when the limit of pages came first.
    private func read(
        from start: Int64, to end: Int64, _ matcher: EventMatcher, into tail: inout Tail,
        _ pages: inout Int
    ) async throws -> Bool {
        var place = EventPlace(after: start)
        while pages < Self.pageLimit {
            pages += 1
            let page = try await log.page(
                after: place, through: EventPlace(after: end), matching: matcher,
                limits: EventPageLimits())
            for logged in page.events { tail.append(logged.event) }
            guard !page.isAtEnd, page.next > place else { return true }
            place = page.next
        }
        return false
    }
}

/// The last events of a sequence, within limits of count and bytes.
private struct Tail {
    let limit: Int
    private(set) var bytes = 0
    private var list: [Event] = []
    private var first = 0
    private var hasDropped = false

    init(limit: Int) { self.limit = limit }

    /// Whether older events have no room.
    var isFull: Bool { hasDropped || list.count - first >= limit }

    var events: [Event] { Array(list[first...]) }

    mutating func append(_ event: Event) {
        list.append(event)
        bytes += event.logByteCount
        while list.count - first > 1,
            list.count - first > limit || bytes > RecentEvents.byteLimit
        {
            bytes -= list[first].logByteCount
            first += 1
            hasDropped = true
        }
        // The events before the first are released now and then.
        if first > limit {
            list.removeFirst(first)
            first = 0
        }
    }

    /// Puts older events in front, as far as there is room.
    mutating func prepend(_ older: Tail) {
        var all = Tail(limit: limit)
        for event in older.events + events { all.append(event) }
        all.hasDropped = all.hasDropped || older.hasDropped
        self = all
    }
}
