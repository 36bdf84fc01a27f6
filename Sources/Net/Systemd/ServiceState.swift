internal import Libevent

/// What a service tells the service manager (`sd_notify(3)`).
public enum ServiceState: Sendable {
    /// The service serves, after its start or after a reload.
    case ready
    /// It reads its settings again.
    case reloading
    /// It shuts down.
    case stopping
    /// It works: the heartbeat that `WatchdogSec=` asks for.
    case alive

    /// The lines of the state.
    var lines: [String] {
        switch self {
        case .ready: ["READY=1"]
        case .reloading: ["RELOADING=1", "MONOTONIC_USEC=\(LoopClock.now().microseconds)"]
        case .stopping: ["STOPPING=1"]
        case .alive: ["WATCHDOG=1"]
        }
    }
}

extension Duration {
    /// Whole microseconds. A time of this machine's clock does not overflow.
    fileprivate var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
