internal import Synchronization

/// A queue of messages from any thread to one loop, in order, with one wake-up per burst.
///
/// All messages that wait when the loop takes its turn are handed over together, as one burst.
public final class Mailbox<Message: Sendable>: Sendable {
    private let waiting = Mutex<[Message]>([])
    private let count = Atomic(0)
    private let loop: EventLoop
    private let receive: @Sendable ([Message]) -> Void

    /// Makes an empty mailbox.
    /// - Parameter receive: called on the loop's thread with each burst.
    public init(loop: EventLoop, receive: @escaping @Sendable ([Message]) -> Void) {
        self.loop = loop
        self.receive = receive
    }

    /// How many messages wait for the loop. From any thread, without a lock, so that a publisher can
    /// wait while a loop is late.
    public var pendingCount: Int { count.load(ordering: .relaxed) }

    /// Queues a message. From any thread; waits at most for another `post`.
    public func post(_ message: Message) { post([message]) }

    /// Queues messages that belong together: they are handed over in one burst. From any thread.
    public func post(_ messages: [Message]) {
        guard !messages.isEmpty else { return }
        let isFirst = waiting.withLock { waiting in
            waiting += messages
            count.store(waiting.count, ordering: .relaxed)
            return waiting.count == messages.count
        }
        if isFirst { loop.execute { self.handOver() } }
    }

    /// Hands over what waits, without waiting for the next turn. On the loop's thread only.
    public func handOver() {
        let burst = waiting.withLock { waiting in
            defer { waiting = [] }
            count.store(0, ordering: .relaxed)
            return waiting
        }
        if !burst.isEmpty { receive(burst) }
    }
}
