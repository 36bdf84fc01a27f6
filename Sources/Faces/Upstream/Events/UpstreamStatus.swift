internal import Synchronization

/// What is known of the upstream, for readiness and metrics. From any thread.
public final class UpstreamStatus: Sendable {
    /// The figures.
    public struct Figures: Sendable {
        /// Why events do not arrive; nil while they do.
        public var fault: String? = "the upstream is not connected yet"
        /// Events that were passed on.
        public var events = 0
        /// Messages and events of the upstream that could not be passed on.
        public var refused = 0
        /// How often the stream of events has begun.
        public var connections = 0
    }

    private let state = Mutex(Figures())

    /// Makes the status of an upstream that was not connected yet.
    public init() {}

    /// The figures at this moment.
    public var figures: Figures { state.withLock { $0 } }

    func update(_ body: (inout Figures) -> Void) { state.withLock { body(&$0) } }
}
