/// When a message that was not taken is sent again: after 5 s, 30 s, 2 min, 10 min, 30 min, 2 h, 5 h and
/// 10 h, and some more, so that those who failed together do not retry together.
public struct RetrySchedule: Sendable {
    /// The pauses, in units of the first one.
    private static let factors = [1, 6, 24, 120, 360, 1440, 3600, 7200]
    /// The longest pause that a receiver can ask for.
    static let longestRetryAfter: Duration = .seconds(86_400)

    private let first: Duration

    /// Makes a schedule.
    /// - Parameter first: the pause after the first failure; the others are in proportion.
    public init(first: Duration = .seconds(5)) { self.first = first }

    /// Returns the pause after a failure: the schedule's and up to a fifth more, but at least what the
    /// receiver asks for.
    /// - Parameters:
    ///   - failures: the failures of the message, from 1.
    ///   - retryAfter: what the receiver asks for.
    ///   - jitter: from 0 to 1.
    /// - Returns: nil after the last attempt.
    func delay(after failures: Int, retryAfter: Duration?, jitter: Double) -> Duration? {
        guard failures <= Self.factors.count else { return nil }
        let scheduled = first * Self.factors[max(1, failures) - 1]
        return max(scheduled * (1 + jitter / 5), min(retryAfter ?? .zero, Self.longestRetryAfter))
    }

    /// Returns the longest pause that can have been set after a failure.
    func longest(after failures: Int) -> Duration {
        delay(after: failures, retryAfter: Self.longestRetryAfter, jitter: 1)
            ?? Self.longestRetryAfter
    }
}
