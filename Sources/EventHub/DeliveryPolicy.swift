/// How a hub treats its subscribers.
public struct DeliveryPolicy: Sendable {
    /// Events that wait for a subscriber that has fallen behind; the next is dropped for it.
    public var bufferSize: Int
    /// Whether a subscriber that loses events is named in the log.
    public var logsSlowSubscribers: Bool

    public init(bufferSize: Int = 100, logsSlowSubscribers: Bool = true) {
        self.bufferSize = bufferSize
        self.logsSlowSubscribers = logsSlowSubscribers
    }
}
