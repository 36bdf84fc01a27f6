internal import Directory
internal import EventHub
internal import Frames
internal import HTTPServer
internal import Logging
internal import Synchronization

/// What all loops of a gateway share.
final class GatewayContext: Sendable {
    let settings: Settings
    let operations: Operations
    let store: Store
    let publisher: EventPublisher
    let backplane: LocalBackplane
    let connections: ConnectionLimiter
    let memory: MemoryBudget
    let subscribers: StreamLimiter
    let dashboard: Dashboard
    let cors: CORSPolicy
    let logger: Logger
    let clock: GatewayClock
    let commits: CommitTimes
    let router: Router
    /// When a failure to accept was last logged: all loops share one line.
    private let pauseLogged = Mutex<Duration?>(nil)
    private let draining = Atomic(false)
    private let loops = Mutex<[GatewayLoop]>([])

    init(
        settings: Settings, store: Store, operations: Operations, publisher: EventPublisher,
        backplane: LocalBackplane, memory: MemoryBudget, dashboard: Dashboard,
        commits: CommitTimes,
        clock: GatewayClock, logger: Logger
    ) {
        self.settings = settings
        self.store = store
        self.operations = operations
        self.publisher = publisher
        self.backplane = backplane
        self.memory = memory
        self.dashboard = dashboard
        self.commits = commits
        self.clock = clock
        self.logger = logger
        connections = ConnectionLimiter(
            limit: settings.http.connections, perAddress: settings.http.connectionsPerAddress)
        subscribers = StreamLimiter(
            .init(streams: settings.subscriberLimit, items: settings.filterItemLimitInAll),
            perAddress: .init(
                streams: settings.subscriberLimitPerAddress,
                items: settings.filterItemLimitPerAddress))
        cors = CORSPolicy(allowed: settings.allowedOrigins)
        router = Router(routes: Routes.all)
    }

    /// Whether the gateway is shutting down.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func beginDraining() { draining.store(true, ordering: .relaxed) }

    /// Returns whether a failure to accept may be logged: once a minute at most.
    func mayLogPause() -> Bool {
        let now = clock.monotonic()
        return pauseLogged.withLock { last in
            if let last, now - last < .seconds(60) { return false }
            last = now
            return true
        }
    }

    /// The loops, once they all listen.
    var allLoops: [GatewayLoop] { loops.withLock { $0 } }

    /// Breaks the reference cycle at shutdown.
    func forgetLoops() {
        loops.withLock { $0 = [] }
        backplane.stop()
    }

    func add(_ loop: GatewayLoop) { loops.withLock { $0.append(loop) } }
}

/// The durations of commits. Recorded from any thread.
final class CommitTimes: Sendable {
    private let histogram = Mutex(Histogram())

    var snapshot: Histogram { histogram.withLock { $0 } }

    func record(_ duration: Duration) { histogram.withLock { $0.observe(duration) } }
}
