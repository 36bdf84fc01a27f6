internal import Text

/// The limits of syncs, and the pauses between their attempts.
public struct SyncPolicy: Sendable {
    /// The most syncs that run at the same time; the others wait.
    public var concurrentSyncs = 4
    /// The most syncs that wait; one more is refused.
    public var waitingSyncs = 1000
    /// The most records that one sync copies at the same time.
    public var concurrentPulls = 8
    /// The most attempts of one request.
    public var attempts = 5
    /// The pause before the second attempt; each further one is twice as long.
    public var retryDelay: Duration = .milliseconds(500)
    /// The longest pause, also when the remote sends `Retry-After`.
    public var longestDelay: Duration = .seconds(30)
    /// The number of failed records after which a sync stops.
    public var failureLimit = 1000
    /// The longest time of one run of a sync.
    public var timeLimit: Duration = .seconds(24 * 3600)
    /// The number of runs in a row during which the process ended, because it crashed or was killed.
    /// Then the sync fails, because it may be the cause.
    public var crashLimit = 3
    /// The time after its end for which a sync is kept in the store.
    public var keep: Duration = .seconds(30 * 86_400)
    /// Waits between attempts; throws `CancellationError`.
    public var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// Makes the default policy.
    public init() {}

    /// Returns the pause before an attempt.
    /// - Parameters:
    ///   - attempt: the number of failed attempts, from 1.
    ///   - retryAfter: the pause that the remote asks for.
    func delay(after attempt: Int, retryAfter: Duration?) -> Duration {
        let backoff = Backoff(first: retryDelay, longest: longestDelay)
        return max(backoff.delay(after: attempt), min(retryAfter ?? .zero, longestDelay))
    }
}

extension Syncs {
    /// The result of the change that accepts a sync: a type of its own, so that an answer with an
    /// idempotency key is stored with it.
    public struct Accepted: Sendable {
        /// The id of the sync.
        public let id: String
    }
}
