public import Addresses
public import Frames
internal import Glibc
public import Libevent

/// The HTTP server of one loop: accepts connections and hands their requests to the responder.
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
    /// Whether the bodies that have not arrived have timed out (`timeOutBodies`).
    private(set) var bodiesTimedOut = false

    private var listener: Listener?
    private var connections: [Connection] = []
    private var date = HTTPDate()
    private var scratch = [UInt8](repeating: 0, count: 64 << 10)

    /// Starts to listen.
    /// - Parameters:
    ///   - limiter: shared by all loops.
    ///   - memory: shared by all loops: the budget of request bodies and headers that are
    ///     collected, and of responses that wait to be sent.
    /// - Throws: when the address is in use or not an address of this machine.
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

    /// Sets the socket options that every connection inherits.
    private func setOptions(of listener: Listener) {
        let tcp = Int32(IPPROTO_TCP)
        listener.setOption(tcp, TCP_NODELAY, 1)
        // Finds vanished peers of streams on which nothing is sent. If something is sent,
        // `StreamRegistry` finds them.
        listener.setOption(SOL_SOCKET, SO_KEEPALIVE, 1)
        listener.setOption(tcp, Int32(TCP_KEEPIDLE), 60)
        listener.setOption(tcp, Int32(TCP_KEEPINTVL), 20)
        // Unsent bytes that the kernel may hold: enough for any burst of a reader that keeps up,
        // and few enough that drops are noticed and reported soon.
        listener.setOption(tcp, Int32(TCP_NOTSENT_LOWAT), 128 << 10)
    }

    /// The address, with the port that the system chose if 0 was requested; nil after `close()`.
    public var address: SocketAddress? { listener?.address }

    /// Stops and resumes accepting from any thread, also while the loop is blocked; nil after
    /// `close()`.
    public var control: ListenerControl? { listener?.control }

    /// How many connections there are, without event streams.
    public var connectionCount: Int { connections.count }

    /// How many requests are in flight: their responses are not sent completely.
    public var inFlightCount: Int {
        connections.count { connection in
            switch connection.state {
            case .responding, .flushing: true
            case .receiving, .lingering, .closed: false
            }
        }
    }

    /// Stops accepting and ends the idle connections. The others end after their response.
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

    /// Times out all request bodies that have not arrived, so that their requests get a response.
    public func timeOutBodies() {
        bodiesTimedOut = true
        for connection in connections {
            connection.resume(&connection.bodyReader, throwing: .timedOut)
        }
    }

    /// Ends all connections at once.
    public func abort() {
        close()
        for connection in connections { connection.end() }
    }

    /// Removes a connection from the list and from the limiter.
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

    /// Returns the value of the `Date` field.
    func dateNow() -> String { date.now() }

    /// Reads from a socket into the read buffer of the loop.
    /// - Returns: how many bytes were read; 0 at the end of the stream or on an error; nil when
    ///   there is nothing to read.
    func read(_ descriptor: Int32, _ take: (ArraySlice<UInt8>) -> Void) -> Int? {
        let count = unsafe Glibc.read(descriptor, &scratch, scratch.count)
        if count < 0 { return errno == EAGAIN || errno == EINTR ? nil : 0 }
        take(scratch[..<count])
        return count
    }
}

extension HTTPListener: Listener.Delegate {
    /// Serves a connection, also one that was accepted for another loop, which is blocked
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

    /// Notifies the responder that accepting pauses.
    public func acceptingPaused(_ error: LibeventError) { responder?.reportPause(error) }
}
