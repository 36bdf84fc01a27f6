/// The events of one read of a log.
public struct EventPage: Sendable, Equatable {
    /// The events that match, oldest first.
    public var events: [LoggedEvent] = []
    /// Where to read on from. Later than the last event if no further one matches up to here.
    public var next: EventPlace
    /// Whether there was no later event when the page was read, up to the requested end.
    public var isAtEnd = false
    /// How many events after the requested place were evicted, or not logged: a reader that goes on
    /// has missed up to this number.
    public var evictedCount = 0

    /// Makes an empty page.
    public init(next: EventPlace) { self.next = next }
}

/// The limits of one page. A page ends with the event that reaches one of them.
public struct EventPageLimits: Sendable {
    /// The most events.
    public var events: Int
    /// The most bytes of the events, approximately.
    public var bytes: Int
    /// The most events that are read to find those that match.
    public var rows: Int
    /// The most bytes that are read to find those that match, approximately.
    public var rowBytes: Int

    /// Makes limits; each is at least 1.
    public init(
        events: Int = 512, bytes: Int = 1 << 20, rows: Int = 8192, rowBytes: Int = 4 << 20
    ) {
        self.events = max(1, events)
        self.bytes = max(1, bytes)
        self.rows = max(1, rows)
        self.rowBytes = max(1, rowBytes)
    }
}

/// Counts what a page has used of its limits.
package struct EventPageCount {
    private let limits: EventPageLimits
    private var events = 0
    private var bytes = 0
    private var rows = 0
    private var rowBytes = 0

    /// Makes a count of nothing.
    package init(_ limits: EventPageLimits) { self.limits = limits }

    /// Whether a limit is reached.
    package var isFull: Bool {
        events >= limits.events || bytes >= limits.bytes || rows >= limits.rows
            || rowBytes >= limits.rowBytes
    }

    /// Counts an event that was read.
    package mutating func read(_ byteCount: Int) {
        rows += 1
        rowBytes += byteCount
    }

    /// Counts entries of an index.
    package mutating func readIndex(_ count: Int) { rows += count }

    /// Counts an event of the page.
    package mutating func take(_ byteCount: Int) {
        events += 1
        bytes += byteCount
    }
}
