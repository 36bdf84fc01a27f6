internal import Synchronization

/// Waiting with a deadline, for example for a loop that may be blocked.
enum Deadline {
    /// Returns the result of `operation`, or nil at the deadline. The operation then continues, and
    /// its result is discarded.
    static func result<T: Sendable>(
        by deadline: ContinuousClock.Instant, _ operation: @escaping @Sendable () async -> T
    ) async -> T? {
        await withCheckedContinuation { (waiter: CheckedContinuation<T?, Never>) in
            let once = Once(waiter)
            let alarm = Task {
                try? await Task.sleep(until: deadline, clock: .continuous)
                once.resume(nil)
            }
            Task {
                once.resume(await operation())
                alarm.cancel()
            }
        }
    }

    private final class Once<T: Sendable>: Sendable {
        private let waiter: Mutex<CheckedContinuation<T?, Never>?>

        init(_ waiter: CheckedContinuation<T?, Never>) { self.waiter = Mutex(waiter) }

        func resume(_ value: T?) {
            let waiter = waiter.withLock { waiter in
                defer { waiter = nil }
                return waiter
            }
            waiter?.resume(returning: value)
        }
    }
}
