public import Wire

/// How a hub treats its subscribers.
public struct DeliveryPolicy: Sendable {
    /// Events that wait for a subscriber that has fallen behind; the next is dropped for it.
    public var bufferSize: Int
    /// Whether a subscriber that loses events is named in the log.
    public var logsSlowSubscribers: Bool
    /// When it is exhausted, subscribers that have fallen behind lose events as if their buffers
    /// were full.
    public var memory: MemoryBudget?
    /// A clock that never steps back.
    public var now: @Sendable () -> Duration

    public init(
        bufferSize: Int = 100, logsSlowSubscribers: Bool = true,
        now: @escaping @Sendable () -> Duration = { .zero }
    ) {
        self.bufferSize = bufferSize
        self.logsSlowSubscribers = logsSlowSubscribers
        self.now = now
    }
}
