internal import Addresses
internal import Authentication
internal import EventHub
internal import Events
internal import Frames
internal import GatewayGRPC
internal import Glibc
internal import HTTP2
internal import HTTPServer
internal import Libevent
internal import Logging
internal import Synchronization
internal import TLS
internal import Text

/// One loop of the gateway: puts the listener, the hub and the HTTP face of the loop together, and
/// ends them at shutdown. An actor pinned to the loop, which owns plain classes.
actor GatewayLoop: HTTPResponder {
    /// What all loops share.
    struct Shared: Sendable {
        var http: HTTPLimits
        var http2: HTTP2Limits
        var hub: LoopHub.Policy
        var face: HTTPFace.Shared
        var grpc: GRPCFace.Shared
        let connections: ConnectionLimiter
        let backplane: LocalBackplane
        /// The event log, from which subscribers catch up.
        let log: any EventLog
        let pauses: PauseLog
        /// All loops, which take turns with the connections of a shared socket.
        let loops: LoopGroup
        /// The certificates; nil when connections are in the clear.
        let security: TLSStore?
    }

    private struct Parts {
        let clock: LoopClock
        let listener: HTTPListener
        let hub: LoopHub
        let face: HTTPFace
        let access: StreamAccess
        var admin: HTTPListener?
        let grpc: GRPCFace
    }

    nonisolated let loop: EventLoop
    private let shared: Shared
    private var parts: Parts?
    private var lag = WindowMaximum(Duration.zero)
    /// How many handlers of requests have not returned.
    private var runningHandlers = 0
    /// Stops and resumes accepting, also while the loop is blocked.
    nonisolated let listenerControls = Mutex<[ListenerControl]>([])
    /// The last snapshot, for the metrics of a loop that is blocked.
    nonisolated let lastSnapshot = Mutex(LoopStatistics())

    init(loop: EventLoop, shared: Shared) {
        self.loop = loop
        self.shared = shared
    }

    /// Starts to accept connections.
    /// - Parameter inherited: sockets that all loops share; if there are any, they are used instead
    ///   of the addresses.
    /// - Returns: the addresses, with the ports that the system chose where 0 was requested.
    func listen(on addresses: [SocketAddress], inherited: [ListeningSocket] = []) throws
        -> [SocketAddress]
    {
        let clock = try LoopClock(loop: loop)
        let log = shared.face.log
        let logsSlow = shared.hub.delivery.logsSlowSubscribers
        let hub = LoopHub(
            shared.hub, log: shared.log, loop: loop, wheel: clock.wheel
        ) { subscriber, drops in
            if logsSlow { log.slow(subscriber, drops: drops) }
        }
        let retry = shared.face.retry
        let access = StreamAccess(
            shared.face.access.authenticator, wheel: clock.wheel, retry: retry
        ) { [weak hub] subscriber, reason in
            if subscriber.request.encoding.isGRPC {
                let status = GRPCStatus(.unauthenticated, "the token has ended: \(reason.name)")
                subscriber.sink.setTrailers(status.pairs)
            }
            hub?.sayGoodbye(to: subscriber, retry: retry, reason: reason.name)
        }
        let face = HTTPFace(shared.face, hub: hub, access: access)
        hub.onLeave = { [admission = shared.face.admission] subscriber in
            let request = subscriber.request
            admission.releaseStream(address: request.address, items: request.filter.itemCount)
            log.ended(subscriber, subject: access.remove(subscriber))
        }
        let listener = try HTTPListener(
            on: addresses, inherited: inherited, limits: shared.http, limiter: shared.connections,
            memory: shared.face.memory, security: shared.security, wheel: clock.wheel,
            responder: self)
        if !inherited.isEmpty {
            listener.handOver = { [weak self, loops = shared.loops] descriptor, peer in
                self.map { loops.distribute(descriptor, from: peer, acceptedBy: $0) } ?? false
            }
        }
        listener.acceptHTTP2(shared.http2)
        let grpc = GRPCFace(
            shared.grpc, host: LoopGRPCHost(face: face, hub: hub, access: access),
            wheel: clock.wheel)
        parts = Parts(
            clock: clock, listener: listener, hub: hub, face: face, access: access, grpc: grpc)
        let controls = listener.controls
        listenerControls.withLock { $0 = controls }
        shared.backplane.connect(hub.makeInlet())
        scheduleWindows()
        return listener.addresses
    }

    /// Also listens for probes and scrapers, in the clear.
    /// - Parameter inherited: sockets that are used instead of the address, if there are any.
    /// - Returns: the address, with the port that the system chose if 0 was requested.
    func listenForProbes(on address: SocketAddress, inherited: [ListeningSocket] = []) throws
        -> SocketAddress?
    {
        guard let wheel = parts?.clock.wheel else { return nil }
        let listener = try HTTPListener(
            on: [address], inherited: inherited, limits: shared.http, limiter: shared.connections,
            memory: shared.face.memory, isAdmin: true, wheel: wheel, responder: self)
        parts?.admin = listener
        return listener.address
    }

    /// Ends the streams whose token has ended. From any thread.
    nonisolated func tokensChanged() {
        loop.execute { [weak self] in self?.assumeIsolated { $0.parts?.access.check() } }
    }

    /// Whether the loop is blocked.
    nonisolated var isStalled: Bool { loop.isStalled(limit: LoopHub.stallTime) }

    // MARK: Requests

    func respond(to exchange: consuming Exchange) async {
        guard let parts else { return }
        runningHandlers += 1
        defer { runningHandlers -= 1 }
        if !exchange.peer.isAdmin, parts.grpc.accepts(exchange.request) {
            await parts.grpc.respond(to: exchange)
        } else {
            await parts.face.respond(to: exchange)
        }
    }

    nonisolated func response(to error: HTTPProtocolError) -> Response {
        GRPCFace.response(to: error) ?? Problem(error).response
    }

    func acceptingPaused(_ error: LibeventError) {
        parts?.face.statistics.countRejection("no-descriptors")
        shared.pauses.record(error, shared.face.log.logger)
    }

    func connectionRejected() { parts?.face.statistics.countRejection("no-room") }

    func handshakeFailed(_ failure: TLSFailure, from address: String) {
        parts?.face.statistics.countRejection("tls-\(failure.kind.name)")
        shared.face.log.handshakeFailed(failure, from: address)
    }

    func refused(_ error: HTTPProtocolError, from address: String) {
        parts?.face.statistics.record(route: "malformed", code: error.status, took: .zero)
        shared.face.log.malformed(error, from: address)
    }

    /// Serves a connection that another loop has accepted, or that waited at a blocked one. From any
    /// thread.
    nonisolated func adopt(_ descriptor: Int32, from peer: SocketAddress) {
        loop.execute { [weak self] in
            let isServed: Void? = self?.assumeIsolated { loop in
                loop.parts?.listener.serve(descriptor, from: peer)
            }
            // The gateway has ended meanwhile.
            if isServed == nil { Glibc.close(descriptor) }
        }
    }

    // MARK: Statistics

    /// Returns the statistics of the loop, with the current levels.
    func snapshot() -> LoopStatistics {
        guard let parts else { return lastSnapshot.withLock { $0 } }
        var snapshot = parts.face.statistics
        parts.hub.add(to: &snapshot)
        lag.add(parts.clock.takeWorstLag())
        snapshot.lag = lag.value
        lastSnapshot.withLock { $0 = snapshot }
        return snapshot
    }

    /// Moves the windows of the highest values on, at intervals: requests for the metrics do not change
    /// them.
    private func scheduleWindows() {
        let interval = WindowMaximum<Duration>.turnInterval
        parts?.clock.wheel.schedule(after: interval) { [weak self] in
            self?.assumeIsolated { $0.turnWindows() }
        }
    }

    private func turnWindows() {
        guard let parts else { return }
        lag.add(parts.clock.takeWorstLag())
        lag.turn()
        parts.hub.turnWindow()
        scheduleWindows()
    }

    /// Returns how many subscribers there are.
    func subscriberCount() -> Int { parts?.hub.count ?? 0 }

    /// Returns what the subscribers of one part of the hub are sorted by.
    func keys(ofPart part: Int, by order: SubscriberOrder) -> [SubscriberKey] {
        parts?.hub.keys(ofPart: part, by: order) ?? []
    }

    /// Returns the subscribers of one part of the hub that have these numbers.
    func subscribers(ofPart part: Int, _ ids: Set<Int>) -> [SubscriberStatus] {
        guard let parts else { return [] }
        return parts.hub.subscribers(ofPart: part, ids) { parts.access.subjectName(of: $0) }
    }

    /// Ends the stream of a subscriber with a `goodbye`.
    /// - Returns: false when the loop has no subscriber of this number.
    func disconnect(_ id: Int) -> Bool {
        parts?.hub.disconnect(id, retry: shared.face.retry) ?? false
    }

    // MARK: Shutdown

    /// Stops accepting. Requests in flight continue.
    func stopAccepting() {
        parts?.listener.close()
        parts?.admin?.close()
    }

    /// Returns whether requests are in flight or a fan-out is active.
    func hasRequestsInFlight() -> Bool {
        guard let parts else { return false }
        return parts.listener.inFlightCount > 0 || !parts.hub.isIdle
    }

    /// Ends every stream with a `goodbye`.
    func sayGoodbye() {
        parts?.listener.timeOutBodies()
        parts?.hub.sayGoodbye(retry: shared.face.retry)
    }

    /// Returns whether streams or connections are open.
    func hasOpenConnections() -> Bool {
        guard let parts else { return false }
        return parts.hub.count > 0 || parts.listener.connectionCount > 0
    }

    /// Returns whether handlers of requests have not returned.
    func hasRunningHandlers() -> Bool { runningHandlers > 0 }

    /// Ends all streams and connections, and releases what holds the loop.
    func abort() {
        parts?.hub.abort()
        parts?.listener.abort()
        parts?.admin?.abort()
        parts = nil
        listenerControls.withLock { $0 = [] }
    }
}
