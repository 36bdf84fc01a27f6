internal import Directory
internal import EventHub
internal import Events
internal import Frames
internal import HTTPServer
internal import Text
internal import Upstream
internal import Webhooks

/// Where the values of the metrics come from. Can be used from any thread.
struct MetricsSource: Sendable {
    let operations: Operations
    let upstream: UpstreamStatus?
    let store: Store
    let publisher: EventPublisher
    let connections: ConnectionLimiter
    let memory: MemoryBudget
    let commits: CommitTimes
    let loops: LoopGroup
    let webhooks: WebhookService
    /// The routes that are served, with the statuses of their success.
    var routes: [(pattern: String, codes: [Int])] = []

    /// Returns the values of all metrics at this moment.
    func snapshot() async -> MetricsSnapshot {
        var snapshot = MetricsSnapshot()
        (snapshot.loops, snapshot.stalledLoops) = await loops.statistics()
        snapshot.memory = memory.used
        snapshot.lostLogLines = LogWriter.lostLines
        snapshot.published = EventType.allCases.map { ($0.shortName, publisher.count(of: $0)) }
        snapshot.connections = connections.total
        snapshot.store = (try? await store.figures()) ?? Store.Figures()
        (snapshot.syncsRunning, snapshot.syncsWaiting) = await operations.syncs.active
        let ended = await operations.syncs.outcomes
        snapshot.syncs = SyncState.allCases.filter(\.isFinal).map {
            ($0.name.lowercasedASCII, ended[$0] ?? 0)
        }
        snapshot.upstream = upstream?.figures
        snapshot.webhooks = await webhooks.snapshot()
        snapshot.commits = commits.snapshot
        snapshot.process = await ProcessFigures.now()
        snapshot.routes = routes
        snapshot.version = GatewayServer.version
        return snapshot
    }
}
