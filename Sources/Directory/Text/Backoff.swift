/// Pauses between attempts that double up to a limit (exponential backoff with jitter).
public struct Backoff: Sendable {
    /// The pause after the first failure.
    public var first: Duration
    /// The longest pause.
    public var longest: Duration

    /// Makes a backoff.
    public init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// Returns the pause after a failure: at least half of the doubled pause, and a part of the other
    /// half, so that those who failed together do not retry together.
    /// - Parameters:
    ///   - failures: the number of failures in a row, from 1.
    ///   - jitter: the part of the other half, from 0 to 1.
    public func delay(
        after failures: Int, jitter: Double = .random(in: 0...1)
    ) -> Duration {
        // The exponent is bounded, so that the product is too.
        let doubled = first * (1 << (min(max(failures, 1), 17) - 1))
        return min(doubled, longest) * (0.5 + jitter / 2)
    }
}
