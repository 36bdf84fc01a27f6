/// What came of sending events to one subscriber.
struct Delivery: Equatable {
    /// Events that the stream has taken to their end.
    var delivered = 0
    /// Events that were dropped.
    var dropped = 0
    /// Whether the subscriber has fallen behind and has taken something.
    var isProgress = false
}
