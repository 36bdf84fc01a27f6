public import Frames

/// How a hub treats subscribers that fall behind.
public struct DeliveryPolicy: Sendable {
    /// How many events may wait for a subscriber. Further events are dropped for it.
    public var bufferSize: Int
    /// Whether drops are logged, with the subscriber.
    public var logsSlowSubscribers: Bool
    /// What happens to the events for which a subscriber has no room.
    public var onOverflow = OverflowPolicy.catchUp
    /// While it is exhausted, events are dropped for subscribers that have fallen behind, as if
    /// their send queues were full.
    public var memory: MemoryBudget?
    /// The monotonic clock.
    public var now: @Sendable () -> Duration

    /// Makes a policy without a budget of memory.
    public init(
        bufferSize: Int = 100, logsSlowSubscribers: Bool = true,
        now: @escaping @Sendable () -> Duration = { .zero }
    ) {
        self.bufferSize = bufferSize
        self.logsSlowSubscribers = logsSlowSubscribers
        self.now = now
    }
}

/// What happens to the events for which a subscriber has no room.
public enum OverflowPolicy: Sendable {
    /// The subscriber gets them later from the event log. Without a log they are dropped.
    case catchUp
    /// They are dropped, and their number is reported.
    case drop
}
