internal import Libevent

/// The open streams of one listener. Each is checked at intervals: the stream of a machine that has
/// vanished must not stay for the 15 minutes that the system would wait.
///
/// `TCP_USER_TIMEOUT` cannot be used: since Linux 5.11 it also ends the connection of a client that
/// has only stopped reading. Belongs to the loop's thread.
final class StreamRegistry {
    private struct Entry { unowned let stream: EventStream }

    /// How often each stream is checked within the timeout.
    private static let checksPerTimeout = 4
    /// The slices into which the streams are divided: a turn of the loop checks one of them.
    private static let slices = 16

    private let wheel: TimerWheel
    private let timeout: Duration
    private var entries: [Entry] = []
    private var next = 0
    private var isTicking = false

    /// - Parameter timeout: how long a peer may acknowledge nothing that it should; zero for no
    ///   limit.
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
        wheel.schedule(after: timeout / (Self.checksPerTimeout * Self.slices)) { [weak self] in
            self?.tick()
        }
    }

    private func tick() {
        for _ in 0..<(entries.count + Self.slices - 1) / Self.slices where !entries.isEmpty {
            if next >= entries.count { next = 0 }
            // Ending a stream moves another one to its position, which is checked in the next round.
            let stream = entries[next].stream
            next += 1
            stream.inspectPeer(timeout)
        }
        isTicking = !entries.isEmpty
        if isTicking { schedule() }
    }
}
