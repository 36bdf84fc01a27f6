/// How webhooks are delivered.
public struct WebhookOptions: Sendable {
    /// The longest time of one request.
    public var timeout: Duration = .seconds(15)
    /// For how long, and how many, events are kept for a webhook that does not take them.
    public var maxLag: Duration = .seconds(7 * 86_400)
    /// The most events of the log that are kept for such a webhook.
    public var maxLagEvents = 10_000_000
    /// The most requests at a time.
    public var concurrency = 64
    /// The most events in a second to one webhook that catches up.
    public var catchUpRate = 500
    /// When a message is sent again.
    public var retries = RetrySchedule()
    /// Where events come from, for CloudEvents: a URI.
    public var source = "urn:directory-gateway"

    /// Makes the default options.
    public init() {}
}

/// The two clocks of the delivery.
public struct WebhookClock: Sendable {
    /// Returns microseconds since 1970. It may step.
    let wall: @Sendable () -> Int64
    /// Returns the time on the monotonic clock, which decides when something is due.
    let monotonic: @Sendable () -> Duration

    /// Makes the clocks.
    public init(
        wall: @escaping @Sendable () -> Int64, monotonic: @escaping @Sendable () -> Duration
    ) {
        self.wall = wall
        self.monotonic = monotonic
    }
}
