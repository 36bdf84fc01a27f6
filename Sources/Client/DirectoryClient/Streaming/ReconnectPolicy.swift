internal import Text

/// When a stream reconnects.
public struct ReconnectPolicy: Sendable {
    /// The pause before the second attempt; each further one is twice as long.
    public var firstDelay: Duration = .seconds(1)
    /// The longest pause, unless the gateway asks for a longer one.
    public var longestDelay: Duration = .seconds(60)
    /// The silence after which a stream counts as lost. Nil, the default, is three times the heartbeat
    /// interval that the gateway sends, at least 5 s; 45 s when it sends none.
    public var idleTimeout: Duration?
    /// Whether a stream that has never been open is retried too.
    public var retriesFirstConnection = true
    /// Waits between attempts; throws `CancellationError`.
    public var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    /// Returns a number from 0 to 1: the place in the second half of a pause at which it ends, so that
    /// many clients do not reconnect at the same time.
    public var jitter: @Sendable () -> Double = { Double.random(in: 0...1) }

    /// Makes the default policy.
    public init() {}

    /// Returns the pause before the next attempt.
    /// - Parameters:
    ///   - failures: the number of failed attempts since the stream was open, from 1.
    ///   - retryAfter: the pause that the gateway asks for, in `retry:` or `Retry-After`.
    func delay(failures: Int, retryAfter: Duration?) -> Duration {
        let backoff = Backoff(first: firstDelay, longest: longestDelay)
        let delay = backoff.delay(after: failures, jitter: jitter())
        return max(delay, min(retryAfter ?? .zero, HeaderNumber.longest))
    }
}
