internal import Events

/// What came of sending events to one subscriber.
struct Delivery: Equatable {
    /// Events that the stream has taken to their end.
    var delivered = 0
    /// Events that were dropped.
    var dropped = 0
    /// The place from which the subscriber must be served from the event log, because it had no room.
    var lag: EventPlace?
    /// Whether the subscriber has fallen behind and has taken something.
    var isProgress = false
}
