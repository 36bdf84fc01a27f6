internal import Glibc
public import Libevent
public import Wire

/// The HTTP side of one loop: accepts connections and hands their requests to the responder.
///
/// Belongs to the loop's thread; the responder owns it.
public final class HTTPListener {
    let limits: HTTPLimits
    let loop: EventLoop
    let wheel: TimerWheel
    let limiter: ConnectionLimiter
    let memory: MemoryBudget
    let heldBodies: HeldBodies
    let streams: StreamRegistry
    private(set) weak var responder: (any HTTPResponder)?
    private(set) var isClosing = false
    /// Whether nobody waits for bodies any more.
    private(set) var bodiesTimedOut = false

    private var listener: Listener?
    private var connections: [Connection] = []
    private var date = HTTPDate()
    private var scratch = [UInt8](repeating: 0, count: 64 << 10)

    /// Starts to listen.
    /// - Parameters:
    ///   - limiter: shared by all loops.
    ///   - memory: shared by all loops: request bodies and headers that are collected, and answers
    ///     that have not left.
    /// - Throws: when the address is taken or not this machine's.
    public init(
        on address: SocketAddress, limits: HTTPLimits, limiter: ConnectionLimiter,
        memory: MemoryBudget = MemoryBudget(), wheel: TimerWheel, responder: any HTTPResponder
    ) throws(LibeventError) {
        self.limits = limits
        self.limiter = limiter
        self.memory = memory
        heldBodies = HeldBodies(budget: memory)
        streams = StreamRegistry(wheel: wheel, timeout: limits.peerTimeout)
        self.wheel = wheel
        self.responder = responder
        loop = responder.loop
        let listener = try Listener(on: address, loop: loop, wheel: wheel, delegate: self)
        setOptions(of: listener)
        self.listener = listener
    }

    /// What every connection is born with.
    private func setOptions(of listener: Listener) {
        let tcp = Int32(IPPROTO_TCP)
        listener.setOption(tcp, TCP_NODELAY, 1)
        // A peer that vanished silently is noticed, for a stream may have nothing to send it;
        // when it has, `StreamRegistry` looks.
        listener.setOption(SOL_SOCKET, SO_KEEPALIVE, 1)
        listener.setOption(tcp, Int32(TCP_KEEPIDLE), 60)
        listener.setOption(tcp, Int32(TCP_KEEPINTVL), 20)
        // Unsent bytes that the kernel may hold: enough for any burst of a reader that keeps up,
        // and little enough that a loss is noticed and told soon.
        listener.setOption(tcp, Int32(TCP_NOTSENT_LOWAT), 128 << 10)
    }

    /// The address with the port that the system chose, if 0 was asked for.
    public var address: SocketAddress? { listener?.address }

    /// Stops and resumes accepting from any thread, also while the loop is blocked.
    public var control: ListenerControl? { listener?.control }

    /// How many connections are not event streams.
    public var connectionCount: Int { connections.count }

    /// How many requests are being answered, or their answers still leave.
    public var inFlightCount: Int {
        connections.count { connection in
            switch connection.state {
            case .responding, .flushing: true
            case .receiving, .lingering, .closed: false
            }
        }
    }

    /// Stops to accept and ends the connections on which nothing runs; those that are being answered
    /// end with their answer.
    public func close() {
        isClosing = true
        listener = nil
        for connection in connections {
            switch connection.state {
            case .receiving, .lingering: connection.end()
            case .responding, .flushing, .closed: break
            }
        }
    }

    /// Has requests answered whose bodies are still not here: they have had their time.
    public func timeOutBodies() {
        bodiesTimedOut = true
        for connection in connections {
            connection.resume(&connection.bodyReader, throwing: .timedOut)
        }
    }

    /// Ends what is left at once.
    public func abort() {
        close()
        for connection in connections { connection.end() }
    }

    func forget(_ connection: Connection) {
        guard connection.position < connections.count,
            connections[connection.position] === connection
        else { return }
        limiter.release(connection.addressKey)
        let last = connections.removeLast()
        guard last !== connection else { return }
        connections[connection.position] = last
        last.position = connection.position
    }

    func dateNow() -> String { date.now() }

    /// Reads what a socket has into the loop's one read buffer.
    /// - Returns: how many bytes came, 0 at the end of the stream or on an error, nil when there
    ///   was nothing to read after all.
    func read(_ descriptor: Int32, _ take: (ArraySlice<UInt8>) -> Void) -> Int? {
        let count = unsafe Glibc.read(descriptor, &scratch, scratch.count)
        if count < 0 { return errno == EAGAIN || errno == EINTR ? nil : 0 }
        take(scratch[..<count])
        return count
    }
}

extension HTTPListener: Listener.Delegate {
    /// Serves a connection, also one that came to the socket of another loop, which is blocked
    /// (`ListenerControl.stopAccepting`). On the loop's thread.
    public func accepted(_ descriptor: Int32, from peer: SocketAddress) {
        let key = peer.key
        let admission = limiter.acquire(key)
        guard admission != .rejected else {
            limiter.release(key)
            Glibc.close(descriptor)
            responder?.reportConnectionRejected()
            return
        }
        let connection = Connection(
            descriptor, from: peer.host, key: key, admission: admission, listener: self)
        connection.position = connections.count
        connections.append(connection)
        connection.open()
    }

    /// Tells the responder.
    public func acceptingPaused(_ error: LibeventError) { responder?.reportPause(error) }
}
