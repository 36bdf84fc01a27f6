internal import Dispatch
internal import Frames
internal import Libevent
internal import Logging
internal import Synchronization
internal import TLS
internal import Text

/// Watches the loops from another thread. While a loop is blocked, the other loops take its new
/// connections; it accepts again as soon as it runs. Also returns free memory to the system, and reads
/// certificates again that have changed.
final class LoopWatch: Sendable {
    private static let interval: DispatchTimeInterval = .milliseconds(250)

    private let loops: [GatewayLoop]
    private let logger: Logger
    private let memory: MemoryBudget
    private let security: TLSStore?
    /// How many looks there have been.
    private let looks = Atomic(0)
    /// The files of certificates are looked at in each twentieth look: each 5 s.
    private static let looksPerFileCheck = 20
    /// `onLongInterval` is called in each of these: each 5 minutes.
    private static let looksPerLongInterval = 1200
    private let onLongInterval: @Sendable () -> Void
    private let queue = DispatchQueue(label: "gateway.watch")
    /// The most bytes held for clients since free memory was last returned, and when that was.
    private let highest = Mutex((used: 0, trimmedAt: ContinuousClock.now))
    /// The bytes that must have become free, and the time since the last return, before free memory
    /// is returned again.
    private static let trimBytes = 16 << 20
    private static let trimInterval: Duration = .seconds(10)
    private let isStopped = Atomic(false)

    init(
        _ loops: [GatewayLoop], memory: MemoryBudget, security: TLSStore?, logger: Logger,
        onLongInterval: @escaping @Sendable () -> Void
    ) {
        self.onLongInterval = onLongInterval

        self.memory = memory
        self.security = security
        self.loops = loops
        self.logger = logger
        schedule()
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    private func schedule() {
        queue.asyncAfter(deadline: .now() + Self.interval) { [weak self] in
            guard let self, !self.isStopped.load(ordering: .relaxed) else { return }
            self.look()
            self.giveBackMemory()
            self.checkCertificates()
            self.schedule()
        }
    }

    /// Reads the certificates again when their files have changed.
    private func checkCertificates() {
        let count = looks.add(1, ordering: .relaxed).newValue
        if count % Self.looksPerLongInterval == 0 { onLongInterval() }
        guard count % Self.looksPerFileCheck == 0, let security else { return }
        switch security.reloadIfChanged() {
        case .unchanged: break
        case .reloaded: logger.info("the certificates were read again")
        case .failed(let error):
            logger.error(
                "the new certificates cannot be used: those of before stay in use",
                metadata: ["reason": "\(error)"])
        }
    }

    private func giveBackMemory() {
        let used = memory.used
        let isDue = highest.withLock { highest in
            highest.used = max(highest.used, used)
            guard highest.used - used >= Self.trimBytes,
                ContinuousClock.now - highest.trimmedAt >= Self.trimInterval
            else { return false }
            highest = (used, .now)
            return true
        }
        if isDue { ProcessMemory.trim() }
    }

    private func look() {
        let stalled = loops.map(\.isStalled)
        // If every loop is blocked, no other loop can take the connections.
        guard let other = zip(loops, stalled).first(where: { !$0.1 })?.0 else { return }
        for (number, loop) in loops.enumerated() where stalled[number] {
            let controls = loop.listenerControls.withLock { $0 }.filter(\.isAccepting)
            guard !controls.isEmpty else { continue }
            for control in controls {
                control.stopAccepting { descriptor, peer in other.adopt(descriptor, from: peer) }
            }
            logger.error(
                "a loop is blocked: the others take its new connections",
                metadata: ["loop": "\(number)"])
        }
    }
}
