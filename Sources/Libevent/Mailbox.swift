internal import Synchronization

/// Messages from any thread to one loop, in order, with one wake-up a burst.
///
/// What has gathered when the loop comes round is handed over in one piece: the receiver can treat
/// a burst as a burst.
public final class Mailbox<Message: Sendable>: Sendable {
    private let waiting = Mutex<[Message]>([])
    private let count = Atomic(0)
    private let loop: EventLoop
    private let receive: @Sendable ([Message]) -> Void

    /// - Parameter receive: called on the loop's thread with one burst.
    public init(loop: EventLoop, receive: @escaping @Sendable ([Message]) -> Void) {
        self.loop = loop
        self.receive = receive
    }

    /// How many messages wait for the loop; from any thread, without a lock, so that a publisher can
    /// hold back while a loop is behind.
    public var pendingCount: Int { count.load(ordering: .relaxed) }

    /// Leaves a message; never blocks for longer than another `post` takes.
    public func post(_ message: Message) { post([message]) }

    /// Leaves messages that belong together: they are handed over in one burst.
    public func post(_ messages: [Message]) {
        guard !messages.isEmpty else { return }
        let isFirst = waiting.withLock { waiting in
            waiting += messages
            count.store(waiting.count, ordering: .relaxed)
            return waiting.count == messages.count
        }
        if isFirst { loop.execute { self.handOver() } }
    }

    /// Hands over what is waiting now, without the turn of the loop. On the loop's thread only.
    public func handOver() {
        let burst = waiting.withLock { waiting in
            defer { waiting = [] }
            count.store(0, ordering: .relaxed)
            return waiting
        }
        if !burst.isEmpty { receive(burst) }
    }
}
