internal import Directory
internal import EventHub
internal import Events
internal import FoundationEssentials
internal import Frames
internal import HTTPServer
internal import Text
internal import Upstream

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

    /// Returns the values of all metrics at this moment.
    func snapshot() async -> MetricsSnapshot {
        var snapshot = MetricsSnapshot()
        (snapshot.loops, snapshot.stalledLoops) = await loops.statistics()
        snapshot.memory = memory.used
        snapshot.lostLogLines = LogWriter.lostLines
        snapshot.published = EventType.allCases.map { ($0.shortName, publisher.count(of: $0)) }
        snapshot.connections = connections.total
        snapshot.records = (try? await store.recordCount()) ?? 0
        let ended = await operations.syncs.outcomes
        snapshot.syncs = SyncState.allCases.filter(\.isFinal).map {
            ($0.name.lowercasedASCII, ended[$0] ?? 0)
        }
        snapshot.upstream = upstream?.figures
        snapshot.commits = commits.snapshot
        snapshot.openDescriptors = await Self.openDescriptors()
        snapshot.version = GatewayServer.version
        return snapshot
    }

    @concurrent
    private static func openDescriptors() async -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    }
}
