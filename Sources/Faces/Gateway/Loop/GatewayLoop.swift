internal import Addresses
internal import EventHub
internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import Libevent
internal import Logging
internal import Synchronization
internal import Text

/// The part of the gateway that runs on one loop: an actor pinned to the loop, which owns plain
/// classes. It handles requests and streams, but not the operations themselves.
actor GatewayLoop: HTTPResponder {
    nonisolated let loop: EventLoop
    let context: GatewayContext
    var statistics = LoopStatistics()
    /// How many handlers of requests have not returned.
    var runningHandlers = 0
    private(set) var hub: Hub
    private var clock: LoopClock?
    private var listener: HTTPListener?
    private var inbox: LoopInlet?
    /// Of the events that were posted to the inbox, what the hub has not matched yet.
    private var unmatched = (count: 0, bytes: 0)
    /// Stops and resumes accepting, also while the loop is blocked.
    nonisolated let listenerControl = Mutex<ListenerControl?>(nil)
    /// The last snapshot, for the metrics of a loop that is blocked.
    nonisolated let lastSnapshot = Mutex(LoopStatistics())
    private var hasHeartbeat = false
    private var isFanningOut = false
    /// When the next tick of the heartbeat is due, on the monotonic clock.
    private var nextTick: Duration = .zero

    /// The most subscribers in one turn of the loop.
    private static let fanOutBudget = 256

    init(loop: EventLoop, context: GatewayContext) {
        self.loop = loop
        self.context = context
        let settings = context.settings
        let logger = context.logger
        hub = Hub(policy: settings.delivery) { subscriber, drops in
            guard settings.delivery.logsSlowSubscribers else { return }
            logger.warning(
                "events were dropped for a slow subscriber",
                metadata: [
                    "subscriber": "\(subscriber.request.id)",
                    "address": "\(subscriber.request.address)",
                    "filter": "\(subscriber.request.filter.summary)", "dropped": "\(drops)",
                ])
        }
    }

    /// Starts to accept connections.
    /// - Returns: the address, with the port that the system chose if 0 was requested.
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

    /// Reports to publishers what the hub has matched.
    private func settle() {
        inbox?.settle(
            count: unmatched.count - hub.waitingCount, bytes: unmatched.bytes - hub.waitingBytes)
        unmatched = (hub.waitingCount, hub.waitingBytes)
    }

    /// Reports to every subscriber how many events were dropped because the loop was late.
    func reportDropped() { hub.recordDrops(inbox?.takeDropped() ?? 0) }

    /// Returns whether a publisher of many events should wait.
    func isUnderPressure() -> Bool { hub.isUnderPressure(at: context.clock.monotonic()) }

    /// Whether the loop is blocked.
    nonisolated var isStalled: Bool { loop.isStalled(limit: Self.stallTime) }

    /// The time without a recorded turn after which a loop counts as stalled. A loop records at
    /// least four turns a second.
    static let stallTime: Duration = .seconds(1)

    /// Continues the fan-out, with `fanOutBudget` subscribers in each turn of the loop.
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

    /// Opens a stream and subscribes it, in one turn of the loop: a client that has read the first
    /// bytes gets every event that is published after them.
    func openStream(
        _ exchange: consuming Exchange, _ subscription: RouteResponse.Subscription, id: Int,
        fields: HTTPFields, began: Duration
    ) {
        // From now on events are posted to this loop. Those that wait are matched before the new
        // subscriber is added.
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

    /// Starts the ticks of the heartbeat, which continue while there are subscribers.
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

    /// Runs all ticks that are due. Their times are computed from the first tick: computed from the
    /// last one, the delays of the loop would add up.
    private func heartbeatTick() {
        let now = context.clock.monotonic()
        // After a long pause a subscriber needs one heartbeat, not one for each missed interval.
        nextTick = max(nextTick, now - context.settings.heartbeatInterval)
        while nextTick <= now {
            hub.heartbeatTick()
            nextTick += tickInterval
        }
        hasHeartbeat = hub.count > 0
        if hasHeartbeat { scheduleTick() }
    }

    // MARK: Statistics and connections

    /// Returns the statistics of the loop, with the current levels.
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

    /// Returns the subscribers of one part of the hub: all of them would take too long for one turn.
    func subscribers(ofPart part: Int) -> [SubscriberStatus] {
        hub.subscribers(ofPart: part).map(SubscriberStatus.init)
    }

    /// Serves a connection that waited at a blocked loop. From any thread.
    nonisolated func adopt(_ descriptor: Int32, from peer: SocketAddress) {
        loop.execute { [weak self] in
            self?.assumeIsolated { $0.listener?.accepted(descriptor, from: peer) }
        }
    }

    func acceptingPaused(_ error: LibeventError) {
        statistics.rejected["no-descriptors", default: 0] += 1
        guard context.mayLogPause() else { return }
        context.logger.error(
            "accepting failed and is tried again: new connections wait, open streams continue",
            metadata: ["reason": "\(error)"])
    }

    func connectionRejected() { statistics.rejected["no-room", default: 0] += 1 }

    func refused(_ error: HTTPProtocolError, from address: String) {
        statistics.record(route: "malformed", code: error.status, took: .zero)
        guard context.settings.logsAccess else { return }
        context.logger.info(
            "malformed request",
            metadata: [
                "status": "\(error.status)", "reason": "\(error.reason)", "address": "\(address)",
            ])
    }

    // MARK: Shutdown

    /// Stops accepting. Requests in flight continue.
    func stopAccepting() { listener?.close() }

    /// Returns whether requests are in flight or a fan-out is active.
    func hasRequestsInFlight() -> Bool { (listener?.inFlightCount ?? 0) > 0 || !hub.isIdle }

    /// Ends every stream with a `goodbye`, whose retry time differs for each.
    func sayGoodbye() {
        listener?.timeOutBodies()
        // The last events of other loops are sent first.
        inbox?.handOver()
        while hub.continueFanOut(budget: .max) {}
        settle()
        let base = context.settings.retry.milliseconds
        hub.endAll { subscriber in
            subscriber.request.encoding.goodbye(retry: base + Int.random(in: 0...base))
        }
    }

    /// Returns whether streams or connections are open.
    func hasOpenConnections() -> Bool { hub.count > 0 || (listener?.connectionCount ?? 0) > 0 }

    /// Returns whether handlers of requests have not returned.
    func hasRunningHandlers() -> Bool { runningHandlers > 0 }

    /// Ends all streams and connections, and releases what holds the loop.
    func abort() {
        hub.abortAll()
        listener?.abort()
        listener = nil
        listenerControl.withLock { $0 = nil }
        clock = nil
        inbox = nil
    }

    /// Counts a request that has a response.
    func record(route: String, code: Int, since began: Duration) {
        statistics.record(route: route, code: code, took: elapsed(since: began))
    }

    func elapsed(since began: Duration) -> Duration { context.clock.monotonic() - began }
}

extension Duration {
    /// The duration in milliseconds, as `1.234`, for the log.
    var brief: String {
        let micros = max(0, Int(self / .microseconds(1)))
        let digits = String(1000 + micros % 1000).utf8.dropFirst()
        return "\(micros / 1000).\(Substring(digits))"
    }

    var milliseconds: Int { Int(self / .milliseconds(1)) }
}
