public import Addresses
public import Frames
internal import Glibc
public import Libevent
public import TLS

/// The HTTP server of one loop: accepts connections and hands their requests to the responder.
///
/// Belongs to the loop's thread; the responder owns it.
public final class HTTPListener {
    /// What a connection may cost.
    package let limits: HTTPLimits
    /// The loop of its connections.
    package let loop: EventLoop
    /// The timers of the loop.
    package let wheel: TimerWheel
    /// Counts the connections of all listeners.
    package let limiter: ConnectionLimiter
    /// What requests and responses are charged to.
    package let memory: MemoryBudget
    /// Whether this is the listener for probes and scrapers.
    private let isAdmin: Bool
    /// The certificates; nil when connections are in the clear.
    let security: TLSStore?
    package let heldBodies: HeldBodies
    /// How many event streams have taken over their connection.
    package var openStreams = 0
    package private(set) weak var responder: (any HTTPResponder)?
    package private(set) var isClosing = false
    /// Whether the bodies that have not arrived have timed out (`timeOutBodies`).
    package private(set) var bodiesTimedOut = false

    /// Takes over a connection of HTTP/2; nil when only HTTP/1.1 is spoken. It gets the stream, the
    /// connection that it replaces (`replace`), and what was read.
    package var http2: ((any ByteStream, any ServedConnection, [UInt8]) -> Void)?
    /// The first bytes of a connection of HTTP/2 (RFC 9113 §3.4).
    package static let http2Preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// Gives a connection that came through a shared socket to another loop. Returns whether one has
    /// taken it; otherwise this loop serves it. nil when each loop has a socket of its own.
    public var handOver: ((_ descriptor: Int32, _ peer: SocketAddress) -> Bool)?

    private var listeners: [Listener] = []
    private var connections: [any ServedConnection] = []
    private var date = HTTPDate()
    private var scratch = [UInt8](repeating: 0, count: 64 << 10)

    /// Starts to listen.
    /// - Parameters:
    ///   - inherited: sockets that another process has opened; if there are any, they are used
    ///     instead of the addresses.
    ///   - limiter: shared by all loops.
    ///   - memory: shared by all loops: the budget of request bodies and headers that are
    ///     collected, and of responses that wait to be sent.
    ///   - security: the certificates; nil for connections in the clear.
    ///   - isAdmin: whether this is the listener for probes and scrapers.
    /// - Throws: when an address is in use or not an address of this machine.
    public init(
        on addresses: [SocketAddress], inherited: [ListeningSocket] = [], limits: HTTPLimits,
        limiter: ConnectionLimiter,
        memory: MemoryBudget = MemoryBudget(), security: TLSStore? = nil, isAdmin: Bool = false,
        wheel: TimerWheel,
        responder: any HTTPResponder
    ) throws(LibeventError) {
        self.limits = limits
        self.limiter = limiter
        self.memory = memory
        self.security = security
        self.isAdmin = isAdmin
        heldBodies = HeldBodies(budget: memory)
        self.wheel = wheel
        self.responder = responder
        loop = responder.loop
        for address in inherited.isEmpty ? addresses : [] {
            listeners.append(
                try Listener(on: address, loop: loop, wheel: wheel, delegate: self))
        }
        for socket in inherited {
            listeners.append(
                try Listener(sharing: socket, loop: loop, wheel: wheel, delegate: self))
        }
        for listener in listeners { setOptions(of: listener) }
    }

    /// Sets the socket options that every connection inherits.
    private func setOptions(of listener: Listener) {
        let tcp = Int32(IPPROTO_TCP)
        listener.setOption(tcp, TCP_NODELAY, 1)
        // Finds vanished peers of streams on which nothing is sent. If something is sent,
        // `FrameSink.inspectPeer` finds them.
        listener.setOption(SOL_SOCKET, SO_KEEPALIVE, 1)
        listener.setOption(tcp, Int32(TCP_KEEPIDLE), 60)
        listener.setOption(tcp, Int32(TCP_KEEPINTVL), 20)
        // Unsent bytes that the kernel may hold: enough for any burst of a reader that keeps up,
        // and few enough that drops are noticed and reported soon.
        listener.setOption(tcp, Int32(TCP_NOTSENT_LOWAT), 128 << 10)
    }

    /// The addresses, with the ports that the system chose where 0 was requested; empty after
    /// `close()`.
    public var addresses: [SocketAddress] { listeners.map(\.address) }

    /// The first of the addresses.
    public var address: SocketAddress? { listeners.first?.address }

    /// Each stops and resumes accepting from any thread, also while the loop is blocked; empty after
    /// `close()`.
    public var controls: [ListenerControl] { listeners.map(\.control) }

    /// How many connections there are, without event streams.
    public var connectionCount: Int { connections.count }

    /// How many requests are in flight: their responses are not sent completely.
    public var inFlightCount: Int { connections.count { $0.isInFlight } }

    /// Stops accepting and ends the idle connections. The others end after their response.
    public func close() {
        isClosing = true
        listeners = []
        for connection in connections { connection.endIfIdle() }
    }

    /// Times out all request bodies that have not arrived, so that their requests get a response.
    public func timeOutBodies() {
        bodiesTimedOut = true
        for connection in connections { connection.timeOutBodies() }
    }

    /// Ends all connections at once.
    public func abort() {
        close()
        for connection in connections { connection.end() }
    }

    /// Removes a connection from the list and from the limiter.
    package func forget(_ connection: any ServedConnection) {
        guard connection.position < connections.count,
            connections[connection.position] === connection
        else { return }
        limiter.release(connection.peer.key)
        let last = connections.removeLast()
        guard last !== connection else { return }
        connections[connection.position] = last
        last.position = connection.position
    }

    /// Returns the value of the `Date` field.
    package func dateNow() -> String { date.now() }

    /// Reads from a stream into the read buffer of the loop.
    /// - Parameter take: called with what was read.
    package func read(_ stream: any ByteStream, _ take: (ArraySlice<UInt8>) -> Void) -> ReadResult {
        let result = unsafe scratch.withUnsafeMutableBytes { unsafe stream.read(into: $0) }
        if case .count(let count) = result { take(scratch[..<count]) }
        return result
    }
}

extension HTTPListener: Listener.Delegate {
    /// Serves a connection, or gives it to another loop.
    public func accepted(_ descriptor: Int32, from peer: SocketAddress) {
        if handOver?(descriptor, peer) != true { serve(descriptor, from: peer) }
    }

    /// Serves a connection, also one that another loop has accepted, or that waited at a blocked one
    /// (`ListenerControl.stopAccepting`). On the loop's thread.
    public func serve(_ descriptor: Int32, from peer: SocketAddress) {
        let key = peer.key
        let admission = limiter.acquire(key)
        guard admission != .rejected else {
            limiter.release(key)
            Glibc.close(descriptor)
            responder?.reportConnectionRejected()
            return
        }
        let socket = SocketStream(descriptor: descriptor, loop: loop)
        var client = Peer(address: peer.host, key: key, admission: admission)
        client.isAdmin = isAdmin
        let connection = ConnectionOpening(socket, peer: client, listener: self)
        connection.position = connections.count
        connections.append(connection)
        connection.open()
    }

    /// Puts another object in the place of a connection, whose stream it has taken.
    package func replace(_ old: any ServedConnection, with new: any ServedConnection) {
        new.position = old.position
        connections[old.position] = new
    }

    /// Takes over a stream on which all was sent: ends the sending side, and discards what the client
    /// still sends before the stream is closed. Closing with unread bytes would reset the connection,
    /// and the client could lose what was sent last.
    package func linger(_ old: any ServedConnection, _ stream: any ByteStream) {
        let connection = Connection(stream, peer: old.peer, listener: self)
        replace(old, with: connection)
        connection.linger()
    }

    /// Notifies the responder that accepting pauses.
    public func acceptingPaused(_ error: LibeventError) { responder?.reportPause(error) }
}
