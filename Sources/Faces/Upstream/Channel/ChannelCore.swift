internal import Addresses
internal import Dispatch
internal import GatewayGRPC
internal import HTTP2
internal import HTTPTypes
internal import Libevent
internal import TLS

/// The connection to the upstream and the calls on it, on the loop's thread.
///
/// A connection that the upstream gives up (GOAWAY) is kept until its calls have ended, while another
/// one takes the new calls.
final class ChannelCore {
    private enum State {
        /// There is no connection, and none is being opened.
        case down(GRPCStatus)
        /// A connection is being opened: the number of the attempt.
        case opening(Int)
        case ready(HTTP2ClientConnection)
    }

    typealias Waiter = (GRPCStatus?) -> Void

    private let configuration: UpstreamConfiguration
    private let context: TLSClientContext?
    private let loop: EventLoop
    private let clock: LoopClock
    private var state = State.down(GRPCStatus(.unavailable, "the upstream is not connected yet"))
    private var attempt = 0
    private var deadline: TimerWheel.Timer?
    private var dial: Dial?
    /// The connection that has not shown yet that it speaks HTTP/2.
    private var candidate: HTTP2ClientConnection?
    private var waiters: [Waiter] = []
    private var pongWaiters: [Int: (Bool) -> Void] = [:]
    private var pings = 0
    /// Connections that take no new calls.
    private var retired: [HTTP2ClientConnection] = []
    private let lookups = DispatchQueue(label: "upstream.lookups")

    init(_ configuration: UpstreamConfiguration, _ context: TLSClientContext?, loop: EventLoop)
        throws(LibeventError)
    {
        self.configuration = configuration
        self.context = context
        self.loop = loop
        clock = try LoopClock(loop: loop)
    }

    // MARK: Opening

    /// Opens a connection unless there is one, and calls `done` when it can be used or has failed.
    func open(_ done: @escaping Waiter) {
        if case .down = state { begin() }
        whenDecided(done)
    }

    /// Calls `done` at once, or when the attempt that runs has ended. Begins none.
    func whenDecided(_ done: @escaping Waiter) {
        switch state {
        case .ready: done(nil)
        case .opening: waiters.append(done)
        case .down(let status): done(status)
        }
    }

    private func begin() {
        attempt += 1
        let number = attempt
        state = .opening(number)
        deadline = clock.wheel.schedule(after: configuration.connectTimeout) { [weak self] in
            self?.fail(number, "no connection within the time limit")
        }
        let (host, port) = (configuration.host, configuration.port)
        if let address = SocketAddress(configuration.address) { return connect([address], number) }
        let core = LoopBound(self, on: loop)
        lookups.async {
            let result = Result { try SocketAddress.resolve(host: host, port: port) }
            core.execute { $0.resolved(result, number) }
        }
    }

    private func resolved(_ result: Result<[SocketAddress], any Error>, _ number: Int) {
        switch result {
        case .success(let addresses): connect(addresses, number)
        case .failure(let error): fail(number, "\(error)")
        }
    }

    private func isCurrent(_ number: Int) -> Bool {
        if case .opening(let current) = state { current == number } else { false }
    }

    private func connect(_ addresses: [SocketAddress], _ number: Int) {
        guard isCurrent(number) else { return }
        let dial = Dial(
            addresses, loop: loop, context: context,
            serverName: configuration.serverName ?? configuration.host
        ) { [weak self] result in
            guard let self, isCurrent(number) else { return }
            self.dial = nil
            switch result {
            case .success(let stream):
                let connection = HTTP2ClientConnection(stream, delegate: self)
                candidate = connection
                // Its first bytes may have failed, before it was known here.
                guard connection.isOpen else {
                    return fail(number, "the connection was lost at once")
                }
            case .failure(let status): close(with: status)
            }
        }
        self.dial = dial
        dial.start()
    }

    private func fail(_ number: Int, _ reason: String) {
        guard isCurrent(number) else { return }
        close(with: GRPCStatus(.unavailable, "the upstream cannot be reached: \(reason)"))
    }

    /// Ends the attempt or the connection.
    private func close(with status: GRPCStatus) {
        state = .down(status)
        stopWaiting()
        dial?.cancel()
        dial = nil
        let candidate = candidate
        self.candidate = nil
        candidate?.close(reason: status.message)
        decide(status)
    }

    private func stopWaiting() {
        if let deadline { clock.wheel.cancel(deadline) }
        deadline = nil
    }

    private func decide(_ status: GRPCStatus?) {
        let list = waiters
        waiters = []
        for waiter in list { waiter(status) }
    }

    // MARK: Calls

    /// Begins a call, if there is a connection.
    func start(
        _ path: String, _ body: [UInt8], _ fields: HTTPFields, timeout: Duration?
    ) -> UpstreamCall {
        guard case .ready(let connection) = state else {
            if case .down(let status) = state { return .failed(status) }
            return .failed(GRPCStatus(.unavailable, "the upstream is not connected"))
        }
        let stream = CallStream(
            connection, wheel: clock.wheel, messageLimit: configuration.messageLimit)
        let bound = LoopBound(stream, on: loop)
        let call = UpstreamCall(
            onTaken: { count in bound.execute { $0.taken(count) } },
            onCancel: {
                bound.execute { $0.stop(GRPCStatus(.cancelled, "the call was cancelled")) }
            })
        var fields = fields
        fields.set("content-type", "application/grpc")
        fields.set("te", "trailers")
        fields.set("grpc-accept-encoding", "identity,gzip")
        fields.set("user-agent", configuration.userAgent)
        if let token = configuration.token { fields.set("authorization", "Bearer \(token)") }
        if let timeout {
            fields.set("grpc-timeout", "\(min(max(timeout.inMilliseconds, 1), 99_999_999))m")
        }
        let request = HTTP2ClientRequest(
            scheme: context == nil ? "http" : "https", authority: configuration.address,
            path: path, fields: fields, body: body)
        guard stream.start(request, for: call, timeout: timeout) else {
            return .failed(GRPCStatus(.unavailable, "the upstream takes no more calls"))
        }
        return call
    }

    /// Asks whether the upstream is there.
    func ping(_ done: @escaping (Bool) -> Void) {
        guard case .ready(let connection) = state else { return done(false) }
        pings += 1
        let number = pings
        pongWaiters[number] = done
        connection.ping()
        clock.wheel.schedule(after: configuration.connectTimeout) { [weak self] in
            self?.pongWaiters.removeValue(forKey: number)?(false)
        }
    }

    private func watchForPong(_ connection: HTTP2ClientConnection, after limit: Duration) {
        let sent = LoopClock.now()
        clock.wheel.schedule(after: limit) { [weak connection] in
            guard let connection, connection.lastReceived < sent else { return }
            connection.close(reason: "it does not respond")
        }
    }

    private func keepAlive(_ connection: HTTP2ClientConnection) {
        let silence = LoopClock.now() - connection.lastReceived
        let pause = configuration.keepalive - silence
        if pause <= .zero {
            connection.ping()
            watchForPong(connection, after: configuration.keepaliveTimeout)
        }
        let next = pause > .zero ? pause : configuration.keepalive
        clock.wheel.schedule(after: next) { [weak self, weak connection] in
            guard let self, let connection, isLive(connection) else { return }
            keepAlive(connection)
        }
    }

    private func isLive(_ connection: HTTP2ClientConnection) -> Bool {
        if case .ready(let current) = state, current === connection { return true }
        return retired.contains { $0 === connection }
    }

    /// Ends everything.
    func close() {
        let status = GRPCStatus(.unavailable, "the gateway is shutting down")
        if case .ready(let connection) = state { retired.append(connection) }
        close(with: status)
        for connection in retired { connection.close(reason: status.message) }
        retired = []
    }
}

extension ChannelCore: HTTP2ClientConnectionDelegate {
    func connectionIsReady(_ connection: HTTP2ClientConnection) {
        guard candidate === connection else { return }
        candidate = nil
        stopWaiting()
        state = .ready(connection)
        keepAlive(connection)
        decide(nil)
    }

    func connectionIsGoingAway(_ connection: HTTP2ClientConnection) {
        let status = GRPCStatus(.unavailable, "the upstream is closing its connections")
        if candidate === connection { return close(with: status) }
        guard case .ready(let current) = state, current === connection else { return }
        state = .down(status)
        retired.append(connection)
        endPings()
    }

    func connectionReceivedPong(_ connection: HTTP2ClientConnection) {
        let list = pongWaiters
        pongWaiters = [:]
        for waiter in list.values { waiter(true) }
    }

    func connectionEnded(_ connection: HTTP2ClientConnection, reason: String) {
        retired.removeAll { $0 === connection }
        let status = GRPCStatus(.unavailable, "the upstream was lost: \(reason)")
        if candidate === connection {
            candidate = nil
            return close(with: status)
        }
        guard case .ready(let current) = state, current === connection else { return }
        state = .down(status)
        endPings()
    }

    private func endPings() {
        let list = pongWaiters
        pongWaiters = [:]
        for waiter in list.values { waiter(false) }
    }
}

extension UpstreamCall {
    /// A call that could not be made.
    static func failed(_ status: GRPCStatus) -> UpstreamCall {
        let call = UpstreamCall(onTaken: { _ in }, onCancel: {})
        call.end(status)
        return call
    }
}

extension Duration {
    /// Whole milliseconds.
    var inMilliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
