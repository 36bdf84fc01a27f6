internal import Libevent

/// The open streams of one listener, each of which is looked at now and then: a machine that
/// vanished without a word must not hold its stream for the quarter of an hour that the system
/// would wait.
///
/// `TCP_USER_TIMEOUT` cannot be used: since Linux 5.11 it also ends the connection to a reader that
/// has only stopped to read. Belongs to the loop's thread.
final class StreamRegistry {
    private struct Entry { unowned let stream: EventStream }

    /// How often each stream is looked at within the timeout, and in how many slices all of them
    /// are: no turn of the loop has to look at more than a part.
    private static let looks = 4
    private static let slices = 16

    private let wheel: TimerWheel
    private let timeout: Duration
    private var entries: [Entry] = []
    private var next = 0
    private var isTicking = false

    /// - Parameter timeout: how long a peer may be silent that should answer; zero for ever.
    init(wheel: TimerWheel, timeout: Duration) {
        self.wheel = wheel
        self.timeout = timeout
    }

    func add(_ stream: EventStream) {
        stream.position = entries.count
        entries.append(Entry(stream: stream))
        guard !isTicking, timeout > .zero else { return }
        isTicking = true
        schedule()
    }

    func remove(_ stream: EventStream) {
        let position = stream.position
        guard position >= 0 else { return }
        stream.position = -1
        let last = entries.removeLast()
        guard position < entries.count else { return }
        entries[position] = last
        last.stream.position = position
    }

    private func schedule() {
        wheel.schedule(after: timeout / (Self.looks * Self.slices)) { [weak self] in self?.tick() }
    }

    private func tick() {
        for _ in 0..<(entries.count + Self.slices - 1) / Self.slices where !entries.isEmpty {
            if next >= entries.count { next = 0 }
            // Ending a stream puts another one in its place, which is looked at in the next round.
            let stream = entries[next].stream
            next += 1
            stream.inspectPeer(timeout)
        }
        isTicking = !entries.isEmpty
        if isTicking { schedule() }
    }
}
