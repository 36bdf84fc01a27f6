internal import Synchronization

/// The durations of commits. Recorded from any thread.
final class CommitTimes: Sendable {
    private let histogram = Mutex(Histogram())

    var snapshot: Histogram { histogram.withLock { $0 } }

    func record(_ duration: Duration) { histogram.withLock { $0.observe(duration) } }
}
