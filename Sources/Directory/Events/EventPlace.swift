/// A place in an event log: after one event, and before the next one.
///
/// The events of a log are numbered in the order in which they were published, without gaps, and a
/// number is never used for a second event. So a place stays correct when events are evicted.
public struct EventPlace: Sendable, Hashable, Comparable {
    /// The number of the event before this place; 0 is the place before the first event.
    public let position: Int64

    /// Makes the place after an event.
    /// - Parameter position: the number of the event.
    public init(after position: Int64) { self.position = position }

    /// The place before the first event.
    public static let start = EventPlace(after: 0)

    /// Returns the place `count` events later.
    public func advanced(by count: Int) -> EventPlace {
        EventPlace(after: position + Int64(count))
    }

    /// Returns whether `a` is before `b`.
    public static func < (a: EventPlace, b: EventPlace) -> Bool { a.position < b.position }
}

/// An event that is kept in a log.
public struct LoggedEvent: Sendable, Equatable {
    /// The place after the event: from here, a reader that has the event goes on.
    public let place: EventPlace
    /// The event, as it was published.
    public let event: Event

    /// Makes a logged event.
    public init(_ event: Event, at place: EventPlace) {
        self.event = event
        self.place = place
    }
}
