internal import Addresses
internal import EventHub
internal import Libevent
internal import Synchronization

/// All loops of a gateway, once they listen. Can be used from any thread.
final class LoopGroup: Sendable {
    private let loops = Mutex<[GatewayLoop]>([])
    /// How many connections of shared sockets have been distributed.
    private let distributed = Atomic(0)

    var all: [GatewayLoop] { loops.withLock { $0 } }

    func add(_ loop: GatewayLoop) { loops.withLock { $0.append(loop) } }

    /// Breaks the reference cycle at shutdown: the routes refer to the loops.
    func removeAll() { loops.withLock { $0 = [] } }

    /// Gives the connections of a shared socket to the loops in turn, because the loop that wakes
    /// first would accept most of them. Blocked loops get none.
    /// - Returns: whether another loop than the one that has accepted the connection has taken it.
    func distribute(
        _ descriptor: Int32, from peer: SocketAddress, acceptedBy loop: GatewayLoop
    ) -> Bool {
        let able = all.filter { !$0.isStalled }
        guard able.count > 1 else { return false }
        let turn = distributed.wrappingAdd(1, ordering: .relaxed).oldValue
        let next = able[turn % able.count]
        guard next !== loop else { return false }
        next.adopt(descriptor, from: peer)
        return true
    }

    /// Ends the streams whose token has ended.
    func tokensChanged() { for loop in all { loop.tokensChanged() } }

    /// How many loops are blocked.
    var stalledCount: Int { all.count { $0.isStalled } }

    /// Returns the sum of the statistics of all loops. A blocked loop is not waited for: its last
    /// snapshot and its silence count.
    func statistics() async -> (sum: LoopStatistics, stalled: Int) {
        var sum = LoopStatistics()
        var stalled = 0
        for loop in all {
            let asked = LoopClock.now()
            let deadline = ContinuousClock.now + .milliseconds(250)
            let result =
                loop.isStalled ? nil : await Deadline.result(by: deadline) { await loop.snapshot() }
            if result == nil { stalled += 1 }
            var statistics = result ?? loop.lastSnapshot.withLock { $0 }
            // This call itself had to wait for a turn of the loop.
            let wait = loop.loop.isCurrent ? .zero : LoopClock.now() - asked
            statistics.lag = max(statistics.lag, wait, loop.loop.silence)
            sum += statistics
        }
        return (sum, stalled)
    }
}
