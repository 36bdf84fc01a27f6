internal import Libevent
internal import Logging
internal import Synchronization

/// Logs that accepting failed: once a minute at most, for all loops together.
final class PauseLog: Sendable {
    private static let interval: Duration = .seconds(60)

    private let last = Mutex<Duration?>(nil)
    private let now: @Sendable () -> Duration

    init(now: @escaping @Sendable () -> Duration) { self.now = now }

    func record(_ error: LibeventError, _ logger: Logger) {
        let now = now()
        let isDue = last.withLock { last in
            if let last, now - last < Self.interval { return false }
            last = now
            return true
        }
        guard isDue else { return }
        logger.error(
            "accepting failed and is tried again: new connections wait, open streams continue",
            metadata: ["reason": "\(error)"])
    }
}
