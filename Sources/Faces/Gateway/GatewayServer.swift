internal import Addresses
public import Directory
internal import Glibc
internal import Libevent
public import Logging
internal import Synchronization
public import Systemd
internal import TLS
internal import Text
internal import Upstream
internal import Webhooks

/// A running gateway: its loops, its store, and its shutdown.
public final class GatewayServer: Sendable {
    /// The version, for `--version` and the metrics.
    public static let version = ProductVersion.current

    /// The addresses on which it listens, as `host:port`.
    public let addresses: [String]
    /// The first of the addresses.
    public var address: String { addresses[0] }
    /// The address for probes and scrapers, as `host:port`; nil when there is none.
    public let adminAddress: String?
    /// Whether connections are over TLS.
    public let isSecure: Bool
    private let assembly: Assembly
    let loops: [GatewayLoop]
    private let watch: LoopWatch
    private let signals = Mutex<SignalThread?>(nil)
    private let end = Mutex<Task<Void, Never>?>(nil)

    /// Opens the store and listens on the configured number of loops.
    /// - Parameter sockets: sockets that are used instead of the addresses of the settings. They
    ///   are closed at the end.
    /// - Throws: `SettingsError`, `DirectoryError` or an error of the system, each with a remedy.
    public static func start(
        _ settings: Settings, sockets: ActivatedSockets = ActivatedSockets(), logger: Logger
    ) async throws -> GatewayServer {
        defer { sockets.close() }
        let addresses = settings.listenAddresses.compactMap { SocketAddress($0) }
        guard !addresses.isEmpty, addresses.count == settings.listenAddresses.count else {
            throw SettingsError("listen_address has an entry that is not an address")
        }
        let taken = addresses.first { sockets.clients.isEmpty && Listener.isTaken($0) }
        if let taken {
            throw SettingsError(
                "another process listens on \(taken): stop it, or set another listen_address"
            )
        }
        raiseDescriptorLimit(logger)
        ProcessMemory.returnLargeBlocks()
        let assembly = try Assembly(settings, logger)
        // Before there are clients, who may change them.
        if assembly.store.fault.isNil {
            do { try await assembly.webhooks.start() } catch {
                logger.error("webhooks are not delivered", metadata: ["reason": "\(error)"])
            }
        }
        // An upstream that cannot be reached does not keep the gateway from starting.
        if let upstream = assembly.upstream {
            let deadline = ContinuousClock.now + .seconds(3)
            _ = await Deadline.result(by: deadline) { await upstream.start() }
        }
        var loops: [GatewayLoop] = []
        var bound = addresses
        var admin: SocketAddress?
        do {
            for index in 0..<max(1, settings.loops == 0 ? coreCount() : settings.loops) {
                let loop = try EventLoop(name: "gateway-\(index)")
                try loop.start()
                loops.append(GatewayLoop(loop: loop, shared: assembly.shared))
                bound = try await loops[index].listen(on: bound, inherited: sockets.clients)
                assembly.loops.add(loops[index])
            }
            // Probes and scrapers, on the first loop.
            if let text = settings.access.adminAddress, let address = SocketAddress(text) {
                admin = try await loops[0].listenForProbes(
                    on: address, inherited: sockets.admin)
            }
        } catch {
            await end(loops)
            await assembly.upstream?.stop()
            assembly.close()
            throw error
        }
        // After the listeners have started, so that early subscribers receive how the syncs end.
        if assembly.upstream == nil {
            do { try await assembly.operations.syncs.resume() } catch {
                logger.error(
                    "unfinished syncs could not be resumed", metadata: ["reason": "\(error)"])
            }
        }
        return GatewayServer(
            assembly, loops: loops, addresses: bound.map(\.description), admin: admin?.description,
            logger: logger)
    }

    private init(
        _ assembly: Assembly, loops: [GatewayLoop], addresses: [String], admin: String?,
        logger: Logger
    ) {
        self.assembly = assembly
        self.loops = loops
        self.addresses = addresses
        adminAddress = admin
        isSecure = !assembly.security.isNil
        watch = LoopWatch(
            loops, memory: assembly.memory, security: assembly.security, logger: logger
        ) { [access = assembly.access, store = assembly.store] in
            Task { try? await access.recordUse(in: store, now: wallClock()) }
        }
    }

    /// The operations, without HTTP.
    public var operations: Operations { assembly.operations }

    /// Why the store is read-only; nil when it can be written.
    public var storeFault: String? { assembly.store.fault }

    /// How many loops are blocked.
    public var stalledLoopCount: Int { assembly.loops.stalledCount }

    /// The number of files of the dashboard.
    public var dashboardFileCount: Int { assembly.dashboard.count }

    /// Reads the files of the dashboard and the certificates again.
    /// - Throws: when the certificates cannot be used; those of before stay in use.
    /// - Parameter settings: the settings as they are now; of them the tokens and the patterns of
    ///   certificates are taken.
    public func reload(_ settings: Settings) throws {
        try assembly.security?.reload()
        assembly.dashboard.reload()
        assembly.access.replaceTokens(settings.access)
        assembly.loops.tokensChanged()
    }

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
        let timeout = assembly.settings.drainTimeout
        let end = start + timeout
        // Leaves time for the goodbyes.
        let lastResponse = start + timeout * 3 / 4
        assembly.admission.beginDraining()
        watch.stop()
        // A blocked loop is not waited for: each call has a deadline.
        await onAll(until: lastResponse) { await $0.stopAccepting() }
        await wait(until: lastResponse) { await $0.hasRequestsInFlight() }
        assembly.store.interruptReads()
        await assembly.upstream?.stop()
        let syncs = assembly.operations.syncs
        _ = await Deadline.result(by: end) { await syncs.interrupt() }
        let webhooks = assembly.webhooks
        _ = await Deadline.result(by: end) { await webhooks.stop() }
        await onAll(until: end) { await $0.sayGoodbye() }
        let (access, store) = (assembly.access, assembly.store)
        _ = await Deadline.result(by: end) {
            try? await access.recordUse(in: store, now: wallClock())
        }
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
        assembly.close()
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
