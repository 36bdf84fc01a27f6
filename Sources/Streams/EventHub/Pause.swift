internal import Dispatch

/// Short blocking waits.
enum Pause {
    /// Blocks the thread for `count` milliseconds.
    static func milliseconds(_ count: Int) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(count))
    }
}
