internal import Addresses
public import Directory
internal import EventHub
internal import Events
internal import Frames
internal import Glibc
internal import HTTPServer
internal import Libevent
public import Logging
internal import Outbound
internal import Synchronization

/// A running gateway: its loops, its store, and its shutdown.
public final class GatewayServer: Sendable {
    /// The version, for `--version` and the metrics.
    public static let version = "0.1.0"

    /// The address on which it listens, as `host:port`.
    public let address: String
    private let context: GatewayContext
    let loops: [GatewayLoop]
    private let watch: LoopWatch
    private let signals = Mutex<SignalThread?>(nil)
    private let end = Mutex<Task<Void, Never>?>(nil)

    /// Opens the store and listens on the configured number of loops.
    /// - Throws: `SettingsError`, `DirectoryError` or an error of the system, each with a remedy.
    public static func start(_ settings: Settings, logger: Logger) async throws -> GatewayServer {
        guard let address = SocketAddress(settings.listenAddress) else {
            throw SettingsError("listen_address \(settings.listenAddress) is not an address")
        }
        guard !Listener.isTaken(address) else {
            throw SettingsError(
                "another process listens on \(address): stop it, or set another listen_address"
            )
        }
        raiseDescriptorLimit(logger)
        ProcessMemory.returnLargeBlocks()
        let context = try makeContext(settings, logger)
        var loops: [GatewayLoop] = []
        var bound = address
        do {
            for index in 0..<max(1, settings.loops == 0 ? coreCount() : settings.loops) {
                let loop = try EventLoop(name: "gateway-\(index)")
                try loop.start()
                loops.append(GatewayLoop(loop: loop, context: context))
                bound = try await loops[index].listen(on: bound)
                context.add(loops[index])
            }
        } catch {
            await end(loops)
            context.forgetLoops()
            context.store.close()
            throw error
        }
        // After the listeners have started, so that early subscribers receive how the syncs end.
        do { try await context.operations.syncs.resume() } catch {
            logger.error("unfinished syncs could not be resumed", metadata: ["reason": "\(error)"])
        }
        return GatewayServer(context: context, loops: loops, address: bound.description)
    }

    private init(context: GatewayContext, loops: [GatewayLoop], address: String) {
        self.context = context
        self.loops = loops
        self.address = address
        watch = LoopWatch(loops, memory: context.memory, logger: context.logger)
    }

    /// The operations, without HTTP.
    public var operations: Operations { context.operations }

    /// Checks the whole store of a stopped gateway. Blocks the thread.
    /// - Parameter store: the data directory.
    /// - Returns: the damage; nil when there is none.
    public static func check(store: String) throws -> String? { try Store.check(path: store) }

    /// Why the store is read-only; nil when it can be written.
    public var storeFault: String? { context.store.fault }

    /// The number of files of the dashboard.
    public var dashboardFileCount: Int { context.dashboard.count }

    /// Reads the dashboard's files again.
    public func reload() { context.dashboard.reload() }

    /// Starts a thread that handles signals of the process, also while the loops are blocked. Call
    /// it for one gateway of a process only.
    public func onSignals(_ signals: [Int32], _ action: @escaping @Sendable (Int32) -> Void) throws
    {
        let thread = try SignalThread(signals, action: action)
        self.signals.withLock { $0 = thread }
    }

    /// Calls `action` on the signal thread after `delay`, also while the loops are blocked. Needs
    /// `onSignals`.
    public func watchdog(after delay: Duration, _ action: @escaping @Sendable () -> Void) {
        signals.withLock { $0 }?.arm(after: delay, action: action)
    }

    /// Shuts down gracefully, within the drain timeout: stops accepting, finishes the requests in
    /// flight, and ends every stream with a `goodbye`. A second call waits for the first.
    public func shutdown() async {
        let end = end.withLock { end in
            let task = end ?? Task { await drain() }
            end = task
            return task
        }
        await end.value
    }

    private func drain() async {
        let start = ContinuousClock.now
        let timeout = context.settings.drainTimeout
        let end = start + timeout
        // Leaves time for the goodbyes.
        let lastResponse = start + timeout * 3 / 4
        context.beginDraining()
        watch.stop()
        // A blocked loop is not waited for: each call has a deadline.
        await onAll(until: lastResponse) { await $0.stopAccepting() }
        await wait(until: lastResponse) { await $0.hasRequestsInFlight() }
        context.store.interruptReads()
        let syncs = context.operations.syncs
        _ = await Deadline.result(by: end) { await syncs.interrupt() }
        await onAll(until: end) { await $0.sayGoodbye() }
        await wait(until: end) { await $0.hasOpenConnections() }
        // A sync closes its connections, and the next start resumes it.
        while ContinuousClock.now < end, await syncs.hasRunningSyncs {
            try? await Task.sleep(for: .milliseconds(5))
        }
        let last = ContinuousClock.now + .milliseconds(500)
        await onAll(until: last) { await $0.abort() }
        // The handlers of closed connections return first: a loop that has stopped cannot run them.
        await wait(until: last) { await $0.hasRunningHandlers() }
        for loop in loops { loop.loop.stop() }
        context.forgetLoops()
        context.store.close()
    }

    /// Calls `action` for all loops at the same time, and waits for them until the deadline.
    private func onAll(
        until deadline: ContinuousClock.Instant,
        _ action: @escaping @Sendable (GatewayLoop) async -> Void
    ) async {
        await withTaskGroup { group in
            for loop in loops {
                group.addTask {
                    _ = await Deadline.result(by: deadline) { await action(loop) }
                }
            }
        }
    }

    /// Waits until no loop is pending, or until the deadline.
    private func wait(
        until deadline: ContinuousClock.Instant,
        while isPending: @escaping @Sendable (GatewayLoop) async -> Bool
    ) async {
        // Until a whole round finds none: the last operation of one loop is an event of another.
        while ContinuousClock.now < deadline {
            var pending = 0
            for loop in loops {
                if await Deadline.result(by: deadline, { await isPending(loop) }) ?? true {
                    pending += 1
                }
            }
            if pending == 0 { return }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private static func end(_ loops: [GatewayLoop]) async {
        for loop in loops { await loop.abort() }
        for loop in loops { loop.loop.stop() }
    }

    private static func makeContext(_ settings: Settings, _ logger: Logger) throws
        -> GatewayContext
    {
        let clock = GatewayClock(wall: wallClock, monotonic: LoopClock.now)
        var settings = settings
        let memory = MemoryBudget(limit: settings.memoryLimit)
        settings.delivery.memory = memory
        let backplane = LocalBackplane(bufferSize: settings.delivery.bufferSize)
        let logsEvents = settings.logsPublishedEvents
        let publisher = EventPublisher(
            backplane: backplane, monotonic: clock.monotonic, memory: memory
        ) { event in
            guard logsEvents else { return }
            logger.info(
                "event",
                metadata: [
                    "id": "\(event.id)", "type": "\(event.type.shortName)",
                    "resource": "\(event.resourceID)",
                ])
        }
        let commits = CommitTimes()
        let store = try Store(
            path: settings.dataDirectory, events: publisher, now: clock.wall,
            queryTime: settings.queryTime, commitTook: commits.record)
        return GatewayContext(
            settings: settings, store: store,
            operations: Operations(
                store: store, events: publisher,
                signingKey: SigningKeyFile(
                    settings.signingKey, in: settings.dataDirectory),
                remotes: try connector(settings),
                syncPolicy: settings.sync, logger: logger, now: clock.wall),
            publisher: publisher, backplane: backplane, memory: memory,
            dashboard: Dashboard(directory: settings.dashboardDirectory), commits: commits,
            clock: clock, logger: logger)
    }
}

/// Makes the connector to other gateways from the settings.
private func connector(_ settings: Settings) throws -> RemoteGatewayConnector {
    var limits = RemoteLimits()
    limits.requestTimeout = settings.syncRequestTimeout
    limits.recordBytes = settings.bodyLimit
    limits.connections = settings.sync.concurrentPulls
    return try RemoteGatewayConnector(
        policy: AddressPolicy(
            settings.allowedRemotes.compactMap(RemotePattern.init),
            allowsLoopback: ListenAddress.isLoopback(settings.listenAddress)),
        limits: limits, userAgent: "directory-gateway/\(GatewayServer.version)")
}

/// Returns microseconds since 1970 (UTC).
@Sendable public func wallClock() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
}

/// Returns the number of processors.
private func coreCount() -> Int { Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

/// Raises the limit of open descriptors to what the system allows: each stream needs one.
private func raiseDescriptorLimit(_ logger: Logger) {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    logger.debug("descriptor limit", metadata: ["limit": "\(limit.rlim_cur)"])
}
