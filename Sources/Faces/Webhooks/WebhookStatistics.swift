/// The figures of all webhooks.
public struct WebhookStatistics: Sendable {
    /// What became of an attempt.
    public enum Outcome: Sendable, CaseIterable {
        /// The receiver took the message.
        case delivered
        /// The receiver responded with a status that is not 2xx.
        case refused
        /// There was no response.
        case failed

        /// The name in the metrics.
        public var name: String {
            switch self {
            case .delivered: "delivered"
            case .refused: "refused"
            case .failed: "failed"
            }
        }
    }

    /// Attempts since the process started.
    public var attempts: [Outcome: Int] = [:]
    /// Webhooks that are enabled.
    public var enabled = 0
    /// Webhooks that are disabled.
    public var disabled = 0
    /// The most events that one webhook is behind.
    public var lagEvents = 0
    /// The longest time that one webhook is behind.
    public var lag: Duration = .zero
    /// Messages that tell of events which were evicted.
    public var gaps = 0

    /// The figures of no webhooks.
    public init() {}
}
