internal import Directory
internal import EventHub
internal import Events
internal import Frames
internal import GatewayGRPC
internal import HTTP2
internal import HTTPServer
internal import Libevent
internal import Logging
internal import Outbound
internal import TLS
internal import Text
internal import Upstream
internal import Webhooks

/// What a gateway is made of, below its loops: made from the settings, in the order of the
/// dependencies.
struct Assembly: Sendable {
    let settings: Settings
    let store: Store
    let operations: Operations
    /// The Directory that has the records; nil when they are in the store.
    let upstream: UpstreamDirectory?
    let backplane: LocalBackplane
    let memory: MemoryBudget
    let dashboard: Dashboard
    let admission: Admission
    let access: AccessControl
    /// The certificates; nil when connections are in the clear.
    let security: TLSStore?
    let loops: LoopGroup
    let webhooks: WebhookService
    private let woken = WebhookWaker()
    /// What each loop gets.
    let shared: GatewayLoop.Shared

    /// Opens the store.
    /// - Throws: `SettingsError`, `DirectoryError` or an error of the system, each with a remedy.
    init(_ settings: Settings, _ logger: Logger) throws {
        let clock = GatewayClock(wall: wallClock, monotonic: LoopClock.now)
        security = try settings.tls.map { try TLSStore($0) }
        let loops = LoopGroup()
        self.loops = loops
        memory = MemoryBudget(limit: settings.memoryLimit)
        var settings = settings
        settings.delivery.memory = memory
        self.settings = settings
        backplane = LocalBackplane(bufferSize: settings.delivery.bufferSize)
        backplane.start()
        // The event log has the last events itself.
        let recent = MemoryEventLog(settings.history.isOn ? .off : settings.recent)
        let publisher = EventPublisher(
            backplane: backplane, monotonic: clock.monotonic, memory: memory,
            recent: recent.isOn ? recent : nil,
            observe: Self.observer(settings, logger, woken))
        let commits = CommitTimes()
        store = try Store(
            path: settings.dataDirectory, events: publisher, now: clock.wall,
            history: settings.history, queryTime: settings.queryTime, commitTook: commits.record)
        operations = Operations(
            store: store, events: publisher,
            signingKey: SigningKeyFile(settings.signingKey, in: settings.dataDirectory),
            remotes: try Self.connector(settings), syncPolicy: settings.sync, logger: logger,
            now: clock.wall)
        let gap = UpstreamGap()
        upstream = try Self.upstream(settings, store, backplane, memory, gap, logger)
        let directory = upstream?.operations(signingWith: operations) ?? operations
        webhooks = try Self.webhooks(settings, store, clock, logger)
        woken.connect(webhooks)
        access = try Self.access(settings, clock, logger) { loops.tokensChanged() }
        dashboard = Dashboard(directory: settings.dashboardDirectory)
        admission = Admission(
            .init(streams: settings.subscriberLimit, items: settings.filterItemLimitInAll),
            perAddress: .init(
                streams: settings.subscriberLimitPerAddress,
                items: settings.filterItemLimitPerAddress))
        let connections = ConnectionLimiter(
            limit: settings.http.connections, perAddress: settings.http.connectionsPerAddress)
        let streamFields = StreamFields(heartbeat: settings.heartbeatInterval)
        let health = Health(
            store: store, upstream: upstream, loops: loops, admission: admission)
        let past = PastQuery(
            log: store.eventLog, now: clock.wall, lastGap: { gap.place })
        let routes = Routes.all(
            Routes.Services(
                operations: directory, access: access, isSecure: !security.isNil, memory: memory,
                filterItemLimit: settings.filterItemLimit, streamFields: streamFields,
                log: store.eventLog, lastGap: { gap.place }, webhooks: webhooks, recent: recent,
                now: clock.wall, health: health,
                metrics: MetricsSource(
                    operations: operations, upstream: upstream?.status, store: store,
                    publisher: publisher,
                    connections: connections, memory: memory, commits: commits, loops: loops,
                    webhooks: webhooks)))
        var http2 = HTTP2Limits(settings.http)
        http2.concurrentStreams = settings.streamsPerConnection
        shared = GatewayLoop.Shared(
            http: settings.http, http2: http2,
            hub: LoopHub.Policy(
                delivery: settings.delivery, heartbeatInterval: settings.heartbeatInterval,
                peerTimeout: settings.http.peerTimeout, now: clock.monotonic, wall: clock.wall),
            face: HTTPFace.Shared(
                router: Router(routes: routes), dashboard: dashboard,
                cors: CORSPolicy(allowed: settings.allowedOrigins), admission: admission,
                access: access, memory: memory,
                keyed: KeyedRequests(
                    idempotency: Idempotency(store: store, now: clock.wall), logger: logger),
                log: AccessLog(logger: logger, isEnabled: settings.logsAccess, clock: clock),
                bodyLimit: settings.bodyLimit, retry: settings.retry, streamFields: streamFields,
                past: past),
            grpc: GRPCFace.Shared(
                methods: GRPCMethods.table(
                    .init(
                        operations: operations, relay: upstream?.relay,
                        filterItemLimit: settings.filterItemLimit,
                        recordLimit: settings.bodyLimit,
                        isReady: { await health.reasons().isEmpty })), memory: memory),
            connections: connections, backplane: backplane, log: store.eventLog,
            pauses: PauseLog(now: clock.monotonic), loops: loops, security: security)
    }

    /// Releases the store and what refers to the loops.
    func close() {
        loops.removeAll()
        woken.disconnect()
        backplane.stop()
        access.stop()
        store.close()
    }

    /// Returns what is called with each published event: wakes the webhooks, and logs it, if the
    /// settings want that.
    private static func observer(_ settings: Settings, _ logger: Logger, _ woken: WebhookWaker)
        -> @Sendable (Event) -> Void
    {
        guard settings.logsPublishedEvents else { return { _ in woken.wake() } }
        return { event in
            woken.wake()
            logger.info(
                "event",
                metadata: [
                    "id": "\(event.id)", "type": "\(event.type.shortName)",
                    "resource": "\(event.resourceID)",
                ])
        }
    }

    /// Makes what stands between this gateway and another Directory, if there is one.
    private static func upstream(
        _ settings: Settings, _ store: Store, _ backplane: LocalBackplane,
        _ memory: MemoryBudget, _ gap: UpstreamGap, _ logger: Logger
    ) throws -> UpstreamDirectory? {
        let log = store.eventLog
        return try settings.upstream.map { configuration in
            try UpstreamDirectory(
                configuration,
                sinks: .init(
                    relay: { await store.relay($0) }, emit: { await store.announce($0) },
                    recordDrops: { backplane.recordDrops($0) },
                    reset: {
                        let extent = log.isOn ? try? await log.extent() : nil
                        gap.set(extent?.newest)
                        backplane.publishReset(
                            EventLogReset(
                                .upstreamLost, oldest: extent?.oldest ?? .start,
                                oldestID: extent?.oldestID))
                    }), memory: memory, logger: logger)
        }
    }

    private static func access(
        _ settings: Settings, _ clock: GatewayClock, _ logger: Logger,
        _ tokensChanged: @escaping @Sendable () -> Void
    ) throws -> AccessControl {
        let isRemote = settings.access.jwt?.isRemote ?? false
        let documents =
            isRemote
            ? try DocumentFetcher(userAgent: "directory-gateway/\(GatewayServer.version)") : nil
        return AccessControl(
            settings, clock: clock, logger: logger,
            fetch: { try await documents?.fetch($0) ?? [] }, tokensChanged: tokensChanged)
    }

    /// Makes what delivers webhooks, with a loop of its own.
    private static func webhooks(
        _ settings: Settings, _ store: Store, _ clock: GatewayClock, _ logger: Logger
    ) throws -> WebhookService {
        let sender = try MessageSender(
            policy: addressPolicy(settings),
            userAgent: "directory-gateway/\(GatewayServer.version)",
            connections: settings.webhooks.concurrency)
        return WebhookService(
            store: store, transport: sender, loop: sender.loop, options: settings.webhooks,
            clock: WebhookClock(wall: clock.wall, monotonic: clock.monotonic), logger: logger)
    }

    private static func addressPolicy(_ settings: Settings) -> AddressPolicy {
        AddressPolicy(
            settings.allowedRemotes.compactMap(RemotePattern.init),
            allowsLoopback: settings.listenAddresses.allSatisfy(ListenAddress.isLoopback))
    }

    /// Makes the connector to other gateways.
    private static func connector(_ settings: Settings) throws -> RemoteGatewayConnector {
        var limits = RemoteLimits()
        limits.requestTimeout = settings.syncRequestTimeout
        limits.recordBytes = settings.bodyLimit
        limits.connections = settings.sync.concurrentPulls
        return try RemoteGatewayConnector(
            policy: addressPolicy(settings),
            limits: limits, userAgent: "directory-gateway/\(GatewayServer.version)")
    }
}
