public import Frames

/// How a hub treats subscribers that fall behind.
public struct DeliveryPolicy: Sendable {
    /// How many events may wait for a subscriber. Further events are dropped for it.
    public var bufferSize: Int
    /// Whether drops are logged, with the subscriber.
    public var logsSlowSubscribers: Bool
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
