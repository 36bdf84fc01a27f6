/// How syncs go about their work.
public struct SyncPolicy: Sendable {
    /// Syncs at work at the same time; the others wait.
    public var concurrentSyncs = 4
    /// Syncs that may wait; one more is refused.
    public var waitingSyncs = 1000
    /// Records of one sync on their way at the same time.
    public var concurrentPulls = 8
    /// How often one request is tried.
    public var attempts = 5
    /// The pause before the second attempt; each further one is twice as long.
    public var retryDelay: Duration = .milliseconds(500)
    /// The longest pause, and the longest that a remote can ask for.
    public var longestDelay: Duration = .seconds(30)
    /// When so many records of a sync have failed, it is given up.
    public var failureLimit = 1000
    /// The longest that one run of a sync may take.
    public var timeLimit: Duration = .seconds(24 * 3600)
    /// Starts in a row that may end in the middle, because the process was killed or fell over;
    /// after so many the sync is given up, because it may be the cause.
    public var crashLimit = 3
    /// How long a sync is remembered after its end.
    public var keep: Duration = .seconds(30 * 86_400)
    /// Waits between attempts.
    public var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    public init() {}

    /// The pause before an attempt: exponential, half of it at random, so that a crowd that failed
    /// together does not come back together.
    /// - Parameter attempt: how many attempts have failed, from 1.
    func delay(after attempt: Int, asked: Duration?) -> Duration {
        let doubled = retryDelay * (1 << min(attempt - 1, 16))
        let jittered = min(doubled, longestDelay) * Double.random(in: 0.5...1)
        return max(jittered, min(asked ?? .zero, longestDelay))
    }
}
