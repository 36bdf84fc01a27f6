/// When a stream that broke comes back.
public struct ReconnectPolicy: Sendable {
    /// The pause before the second attempt; each further one is twice as long.
    public var firstDelay: Duration = .seconds(1)
    public var longestDelay: Duration = .seconds(60)
    /// A stream that is silent for so long is dead. Nil, the default, follows the gateway: three
    /// times the interval of its heartbeats, at least 5 s; 45 s when it does not say.
    public var idleTimeout: Duration?
    /// Whether a stream that has never been open is tried again too.
    public var retriesFirstConnection = true
    /// Waits between attempts.
    public var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    /// From 0 to 1: where in its second half a pause ends, so that a crowd does not come in one.
    public var jitter: @Sendable () -> Double = { Double.random(in: 0...1) }

    public init() {}

    /// The pause before the next attempt.
    /// - Parameters:
    ///   - failures: how many attempts have failed since the stream was open, from 1.
    ///   - asked: what the gateway has asked for, in `retry:` or `Retry-After`.
    func delay(failures: Int, asked: Duration?) -> Duration {
        let doubled = firstDelay * (1 << min(failures - 1, 16))
        let jittered = min(doubled, longestDelay) * (0.5 + jitter() / 2)
        return max(jittered, min(asked ?? .zero, HeaderNumber.longest))
    }
}
