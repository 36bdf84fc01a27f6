internal import EventHub
internal import Events
internal import HTTPTypes
internal import Libevent
internal import LibeventHTTP
internal import Logging
internal import Synchronization
internal import Text

/// One loop's worth of gateway: an actor pinned to the loop, owning plain classes. Everything
/// between a request's bytes and its answer's happens here, but for the operations themselves.
actor GatewayLoop: HTTPResponder {
    nonisolated let loop: EventLoop
    let context: GatewayContext
    var statistics = LoopStatistics()
    /// Requests whose handlers have not returned.
    var running = 0
    private(set) var hub: Hub
    private var clock: LoopClock?
    private var listener: HTTPListener?
    private var inbox: LoopInlet?
    /// Of the events that were posted to the inbox, what the hub has not matched yet.
    private var unmatched = (count: 0, bytes: 0)
    /// Stops and resumes accepting, also while the loop is blocked.
    nonisolated let door = Mutex<ListenerControl?>(nil)
    /// What the loop counted when it was asked last: for when it cannot answer.
    nonisolated let lastSnapshot = Mutex(LoopStatistics())
    private var isBeating = false
    private var isPumping = false
    /// When the next tick of the heartbeat is due.
    private var nextBeat: Duration = .zero

    /// How many subscribers are served before others get their turn on the loop.
    private static let walkBudget = 256

    init(loop: EventLoop, context: GatewayContext) {
        self.loop = loop
        self.context = context
        let settings = context.settings
        let logger = context.logger
        hub = Hub(policy: settings.delivery) { subscriber, lost in
            guard settings.delivery.logsSlowSubscribers else { return }
            logger.warning(
                "a slow subscriber has lost events",
                metadata: [
                    "subscriber": "\(subscriber.request.id)",
                    "address": "\(subscriber.request.address)",
                    "filter": "\(subscriber.request.filter.summary)", "dropped": "\(lost)",
                ])
        }
    }

    /// Begins to accept connections.
    /// - Returns: the address with the port that the system chose, if 0 was asked for.
    func listen(on address: SocketAddress) throws -> SocketAddress {
        let clock = try LoopClock(loop: loop)
        let inbox = LoopInlet(self) { [weak self] burst in
            self?.assumeIsolated { $0.take(burst) }
        }
        let listener = try HTTPListener(
            on: address, limits: context.settings.http, census: context.connections,
            memory: context.memory, wheel: clock.wheel, responder: self)
        self.clock = clock
        self.inbox = inbox
        self.listener = listener
        if let control = listener.control { door.withLock { $0 = control } }
        context.backplane.connect(inbox)
        return listener.address ?? address
    }

    // MARK: Events

    private func take(_ burst: [PublishedEvent]) {
        unmatched.count += burst.count
        unmatched.bytes += burst.reduce(0) { $0 + $1.byteCount }
        if hub.count > 0 { hub.publish(burst) }
        settle()
        if !isPumping, hub.count > 0 { pump() }
    }

    /// Lets publishers know what the hub has matched.
    private func settle() {
        inbox?.settle(
            count: unmatched.count - hub.waitingCount, bytes: unmatched.bytes - hub.waitingBytes)
        unmatched = (hub.waitingCount, hub.waitingBytes)
    }

    /// Tells every subscriber how many events never came here, because the loop was too far behind.
    func reportLost() { hub.lose(inbox?.takeLost() ?? 0) }

    func isUnderPressure() -> Bool { hub.isUnderPressure(at: context.clock.monotonic()) }

    /// Whether the loop has stopped to run.
    nonisolated var isStalled: Bool { loop.isStalled(limit: Self.stallTime) }

    /// How long a loop may be silent before it counts as stalled. It gives a sign of life four times
    /// a second.
    static let stallTime: Duration = .seconds(1)

    /// Serves some subscribers, and the others in later turns of the loop.
    private func pump() {
        isPumping = hub.advance(budget: Self.walkBudget)
        settle()
        let served = hub.takeServed()
        if !served.isEmpty {
            let now = context.clock.monotonic()
            for time in served { statistics.publishToWrite.observe(now - time) }
        }
        if isPumping { loop.execute { [weak self] in self?.assumeIsolated { $0.pump() } } }
    }

    /// Opens a stream and subscribes it, in one turn of the loop: whoever has read the first bytes
    /// misses nothing that happens after.
    func openStream(
        _ exchange: consuming Exchange, _ subscription: Reply.Subscription, id: Int,
        fields: HTTPFields, began: Duration
    ) {
        // From here on events come to this loop; what came before is matched before the newcomer is
        // there.
        inbox?.setSubscribers(hub.count + 1)
        defer { inbox?.setSubscribers(hub.count) }
        inbox?.handOver()
        let address = exchange.remoteAddress
        let retry = context.settings.retry.milliseconds
        let stream = exchange.openEventStream(
            fields: fields, first: subscription.encoding.opening(retry: retry))
        note(route: "/events", code: 200, since: began)
        guard !stream.isClosed else {
            let items = subscription.filter.itemCount
            return context.subscribers.leave(stream.addressKey, items: items)
        }
        let request = Subscriber.Request(
            id: id, filter: subscription.filter, encoding: subscription.encoding,
            framing: stream.framing, address: address, since: context.clock.wall())
        _ = StreamSubscriber(stream, hub: hub, request: request) { ended in
            self.streamEnded(ended, since: began)
        }
        startBeating()
    }

    private func streamEnded(_ ended: StreamSubscriber, since began: Duration) {
        guard let subscriber = ended.subscriber else { return }
        context.subscribers.leave(
            ended.stream.addressKey, items: subscriber.request.filter.itemCount)
        hub.remove(subscriber)
        inbox?.setSubscribers(hub.count)
        ended.release()
        guard context.settings.logsAccess else { return }
        context.logger.info(
            "stream",
            metadata: [
                "method": "GET", "status": "200", "subject": "anonymous",
                "subscriber": "\(subscriber.request.id)",
                "address": "\(ended.stream.remoteAddress)",
                "path": "/events", "filter": "\(subscriber.request.filter.summary)",
                "bytes": "\(ended.stream.bytesSent)", "delivered": "\(subscriber.delivered)",
                "dropped": "\(subscriber.dropped)", "duration_ms": "\(elapsed(since: began).brief)",
            ])
    }

    /// Ticks for as long as there is somebody to send a sign of life to.
    private func startBeating() {
        guard !isBeating else { return }
        isBeating = true
        nextBeat = context.clock.monotonic() + tick
        awaitBeat()
    }

    private var tick: Duration { context.settings.heartbeatInterval / Hub.ticksPerInterval }

    private func awaitBeat() {
        clock?.wheel.schedule(after: nextBeat - context.clock.monotonic()) { [weak self] in
            self?.assumeIsolated { $0.beat() }
        }
    }

    /// Does all ticks that are due: each is reckoned from the first and not from the last, or the
    /// delays of the loop would add up.
    private func beat() {
        let now = context.clock.monotonic()
        // After a long pause nobody needs more than one heartbeat.
        nextBeat = max(nextBeat, now - context.settings.heartbeatInterval)
        while nextBeat <= now {
            hub.beat()
            nextBeat += tick
        }
        isBeating = hub.count > 0
        if isBeating { awaitBeat() }
    }

    // MARK: What others ask

    /// What the loop has counted, with the levels of this moment.
    func snapshot() -> LoopStatistics {
        var snapshot = statistics
        snapshot.subscribers = hub.count
        snapshot.delivered = hub.delivered
        snapshot.dropped = hub.dropped
        snapshot.longestQueue = hub.takeLongestQueue()
        snapshot.lag = clock?.takeWorstLag() ?? .zero
        lastSnapshot.withLock { $0 = snapshot }
        return snapshot
    }

    /// Returns the subscribers of one of the hub's parts: all at once would take too long.
    func listeners(_ part: Int) -> [SubscriberStatus] {
        hub.subscribers(ofPart: part).map(SubscriberStatus.init)
    }

    /// Takes a connection that waited at a loop that is blocked. From any thread.
    nonisolated func adopt(_ descriptor: Int32, from peer: SocketAddress) {
        loop.execute { [weak self] in
            self?.assumeIsolated { $0.listener?.accepted(descriptor, from: peer) }
        }
    }

    func acceptingPaused(_ error: LibeventError) {
        statistics.rejected["no-descriptors", default: 0] += 1
        guard context.mayLogPause() else { return }
        context.logger.error(
            "new connections wait: accepting failed and is tried again; open streams go on",
            metadata: ["reason": "\(error)"])
    }

    func turnedAway() { statistics.rejected["no-room", default: 0] += 1 }

    func refused(_ error: HTTPProtocolError, from address: String) {
        statistics.note(route: "malformed", code: error.status, took: .zero)
        guard context.settings.logsAccess else { return }
        context.logger.info(
            "no request",
            metadata: [
                "status": "\(error.status)", "reason": "\(error.reason)", "address": "\(address)",
            ])
    }

    // MARK: The end

    /// Stops to accept; what is being answered goes on.
    func stopAccepting() { listener?.close() }

    /// Whether operations are being carried out or events are on their way.
    func isBusy() -> Bool { (listener?.busyCount ?? 0) > 0 || !hub.isIdle }

    /// Says goodbye to every stream; each is told another moment to come back.
    func sayGoodbye() {
        listener?.giveUpBodies()
        // What other loops have published last goes first.
        inbox?.handOver()
        while hub.advance(budget: .max) {}
        settle()
        let base = context.settings.retry.milliseconds
        hub.endAll { subscriber in
            subscriber.request.encoding.goodbye(retry: base + Int.random(in: 0...base))
        }
    }

    /// Whether streams or connections are left.
    func isOccupied() -> Bool { hub.count > 0 || (listener?.connectionCount ?? 0) > 0 }

    /// Whether handlers still have to come back to this loop.
    func isRunning() -> Bool { running > 0 }

    /// Ends what is left, and with it the reasons to keep the loop.
    func abort() {
        hub.abortAll()
        listener?.abort()
        listener = nil
        door.withLock { $0 = nil }
        clock = nil
        inbox = nil
    }

    func note(route: String, code: Int, since began: Duration) {
        statistics.note(route: route, code: code, took: elapsed(since: began))
    }

    func elapsed(since began: Duration) -> Duration { context.clock.monotonic() - began }
}

extension Duration {
    /// For the log: milliseconds, as `1.234`.
    var brief: String {
        let micros = max(0, Int(self / .microseconds(1)))
        let digits = String(1000 + micros % 1000).utf8.dropFirst()
        return "\(micros / 1000).\(Substring(digits))"
    }

    var milliseconds: Int { Int(self / .milliseconds(1)) }
}
