internal import Dispatch
internal import Libevent
internal import Logging
internal import Synchronization

/// Looks after the loops from outside: one that is blocked takes no new connections, which would
/// wait for it in vain; the others take them. It takes them again as soon as it runs.
final class LoopWatch: Sendable {
    private static let interval: DispatchTimeInterval = .milliseconds(250)

    private let loops: [GatewayLoop]
    private let logger: Logger
    private let queue = DispatchQueue(label: "gateway.watch")
    private let isStopped = Atomic(false)

    init(_ loops: [GatewayLoop], logger: Logger) {
        self.loops = loops
        self.logger = logger
        schedule()
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    private func schedule() {
        queue.asyncAfter(deadline: .now() + Self.interval) { [weak self] in
            guard let self, !self.isStopped.load(ordering: .relaxed) else { return }
            self.look()
            self.schedule()
        }
    }

    private func look() {
        let stalled = loops.map(\.isStalled)
        // With nobody else to take them, connections may as well wait.
        guard let other = zip(loops, stalled).first(where: { !$0.1 })?.0 else { return }
        for (number, loop) in loops.enumerated() where stalled[number] {
            guard let door = loop.door.withLock({ $0 }), door.isAccepting else { continue }
            door.stopAccepting { descriptor, peer in other.adopt(descriptor, from: peer) }
            logger.error(
                "a loop is blocked: the others take its new connections",
                metadata: ["loop": "\(number)"])
        }
    }
}
