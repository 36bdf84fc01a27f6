internal import Dispatch

/// Blocks the thread for a moment.
enum Pause {
    static func milliseconds(_ count: Int) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(count))
    }
}
