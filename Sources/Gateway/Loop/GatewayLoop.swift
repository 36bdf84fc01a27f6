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
    var runningHandlers = 0
    private(set) var hub: Hub
    private var clock: LoopClock?
    private var listener: HTTPListener?
    private var inbox: LoopInlet?
    /// Of the events that were posted to the inbox, what the hub has not matched yet.
    private var unmatched = (count: 0, bytes: 0)
    /// Stops and resumes accepting, also while the loop is blocked.
    nonisolated let listenerControl = Mutex<ListenerControl?>(nil)
    /// What the loop counted when it was asked last: for when it cannot answer.
    nonisolated let lastSnapshot = Mutex(LoopStatistics())
    private var hasHeartbeat = false
    private var isFanningOut = false
    /// When the next tickInterval of the heartbeat is due.
    private var nextTick: Duration = .zero

    /// How many subscribers are completed before others get their turn on the loop.
    private static let fanOutBudget = 256

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
            on: address, limits: context.settings.http, limiter: context.connections,
            memory: context.memory, wheel: clock.wheel, responder: self)
        self.clock = clock
        self.inbox = inbox
        self.listener = listener
        if let control = listener.control { listenerControl.withLock { $0 = control } }
        context.backplane.connect(inbox)
        return listener.address ?? address
    }

    // MARK: Events

    private func take(_ burst: [PublishedEvent]) {
        unmatched.count += burst.count
        unmatched.bytes += burst.reduce(0) { $0 + $1.byteCount }
        if hub.count > 0 { hub.publish(burst) }
        settle()
        if !isFanningOut, hub.count > 0 { continueFanOut() }
    }

    /// Lets publishers know what the hub has matched.
    private func settle() {
        inbox?.settle(
            count: unmatched.count - hub.waitingCount, bytes: unmatched.bytes - hub.waitingBytes)
        unmatched = (hub.waitingCount, hub.waitingBytes)
    }

    /// Tells every subscriber how many events never came here, because the loop was too far behind.
    func reportDropped() { hub.recordDrops(inbox?.takeDropped() ?? 0) }

    func isUnderPressure() -> Bool { hub.isUnderPressure(at: context.clock.monotonic()) }

    /// Whether the loop has stopped to run.
    nonisolated var isStalled: Bool { loop.isStalled(limit: Self.stallTime) }

    /// How long a loop may be silent before it counts as stalled. It gives a sign of life four times
    /// a second.
    static let stallTime: Duration = .seconds(1)

    /// Serves some subscribers, and the others in later turns of the loop.
    private func continueFanOut() {
        isFanningOut = hub.continueFanOut(budget: Self.fanOutBudget)
        settle()
        let completed = hub.takeCompleted()
        if !completed.isEmpty {
            let now = context.clock.monotonic()
            for time in completed { statistics.publishToWrite.observe(now - time) }
        }
        if isFanningOut {
            loop.execute { [weak self] in self?.assumeIsolated { $0.continueFanOut() } }
        }
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
        record(route: "/events", code: 200, since: began)
        guard !stream.isClosed else {
            let items = subscription.filter.itemCount
            return context.subscribers.release(stream.addressKey, items: items)
        }
        let request = Subscriber.Request(
            id: id, filter: subscription.filter, encoding: subscription.encoding,
            framing: stream.framing, address: address, since: context.clock.wall())
        _ = StreamSubscriber(stream, hub: hub, request: request) { ended in
            self.streamEnded(ended, since: began)
        }
        startHeartbeat()
    }

    private func streamEnded(_ ended: StreamSubscriber, since began: Duration) {
        guard let subscriber = ended.subscriber else { return }
        context.subscribers.release(
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
    private func startHeartbeat() {
        guard !hasHeartbeat else { return }
        hasHeartbeat = true
        nextTick = context.clock.monotonic() + tickInterval
        scheduleTick()
    }

    private var tickInterval: Duration { context.settings.heartbeatInterval / Hub.ticksPerInterval }

    private func scheduleTick() {
        clock?.wheel.schedule(after: nextTick - context.clock.monotonic()) { [weak self] in
            self?.assumeIsolated { $0.heartbeatTick() }
        }
    }

    /// Does all ticks that are due: each is reckoned from the first and not from the last, or the
    /// delays of the loop would add up.
    private func heartbeatTick() {
        let now = context.clock.monotonic()
        // After a long pause nobody needs more than one heartbeat.
        nextTick = max(nextTick, now - context.settings.heartbeatInterval)
        while nextTick <= now {
            hub.heartbeatTick()
            nextTick += tickInterval
        }
        hasHeartbeat = hub.count > 0
        if hasHeartbeat { scheduleTick() }
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
    func subscribers(ofPart part: Int) -> [SubscriberStatus] {
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

    func connectionRejected() { statistics.rejected["no-room", default: 0] += 1 }

    func refused(_ error: HTTPProtocolError, from address: String) {
        statistics.record(route: "malformed", code: error.status, took: .zero)
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
    func hasRequestsInFlight() -> Bool { (listener?.inFlightCount ?? 0) > 0 || !hub.isIdle }

    /// Says goodbye to every stream; each is told another moment to come back.
    func sayGoodbye() {
        listener?.timeOutBodies()
        // What other loops have published last goes first.
        inbox?.handOver()
        while hub.continueFanOut(budget: .max) {}
        settle()
        let base = context.settings.retry.milliseconds
        hub.endAll { subscriber in
            subscriber.request.encoding.goodbye(retry: base + Int.random(in: 0...base))
        }
    }

    /// Whether streams or connections are left.
    func hasOpenConnections() -> Bool { hub.count > 0 || (listener?.connectionCount ?? 0) > 0 }

    /// Whether handlers still have to come back to this loop.
    func hasRunningHandlers() -> Bool { runningHandlers > 0 }

    /// Ends what is left, and with it the reasons to keep the loop.
    func abort() {
        hub.abortAll()
        listener?.abort()
        listener = nil
        listenerControl.withLock { $0 = nil }
        clock = nil
        inbox = nil
    }

    func record(route: String, code: Int, since began: Duration) {
        statistics.record(route: route, code: code, took: elapsed(since: began))
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
