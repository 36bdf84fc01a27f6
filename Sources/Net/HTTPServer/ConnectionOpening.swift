internal import Libevent
internal import TLS

/// A connection before its first request: the TLS handshake, if there is one, and the question which
/// version of HTTP the client speaks. Then another object takes its place. Belongs to the loop's
/// thread.
///
/// TLS says which version, if the client asks there (ALPN). Otherwise the first bytes tell: those of
/// HTTP/2 begin with a fixed preface (RFC 9113 §3.4), which no request of HTTP/1.1 can begin with.
final class ConnectionOpening: ServedConnection {
    private(set) var peer: Peer
    var position = 0
    let isInFlight = false

    private let listener: HTTPListener
    private let socket: SocketStream
    private var stream: any ByteStream
    private let deadline: Duration
    private var received: [UInt8] = []
    private var timer: TimerWheel.Timer?

    init(_ socket: SocketStream, peer: Peer, listener: HTTPListener) {
        self.socket = socket
        stream = socket
        self.peer = peer
        self.listener = listener
        deadline = LoopClock.now() + listener.limits.headerDeadline
    }

    /// Starts the handshake, or to read.
    func open() {
        timer = listener.wheel.schedule(after: listener.limits.headerDeadline) { [weak self] in
            self?.deadlinePassed()
        }
        guard let security = listener.security else {
            socket.handler = self
            return socket.watchReads()
        }
        let encrypted = TLSStream(socket, context: security.current)
        stream = encrypted
        encrypted.startHandshake { [weak self] failure in
            if let failure { self?.fail(failure, encrypted) } else { self?.establish(encrypted) }
        }
    }

    func endIfIdle() { end() }

    func timeOutBodies() {}

    func end() {
        guard !stream.isClosed else { return }
        cancelTimer()
        stream.close()
        listener.forget(self)
    }

    private func deadlinePassed() {
        timer = nil
        if received.isEmpty { end() } else { becomeHTTP1() }
    }

    private func cancelTimer() {
        if let timer { listener.wheel.cancel(timer) }
        timer = nil
    }

    // MARK: TLS

    private func establish(_ encrypted: TLSStream) {
        peer.security = Peer.Security(encrypted.session.peerCertificate)
        encrypted.handler = self
        switch encrypted.session.applicationProtocol {
        case .http2 where listener.http2 != nil: becomeHTTP2()
        case .http1: becomeHTTP1()
        default: stream.watchReads()
        }
    }

    /// Ends a connection whose handshake failed. A client that speaks HTTP in the clear reads why; the
    /// others get the time to read the alert that OpenSSL has sent.
    private func fail(_ failure: TLSFailure, _ encrypted: TLSStream) {
        listener.responder?.report(failure, from: peer.address)
        cancelTimer()
        stream = encrypted.releaseSocket()
        guard failure.kind == .plainHTTP else { return listener.linger(self, stream) }
        let connection = Connection(stream, peer: peer, listener: listener)
        listener.replace(self, with: connection)
        connection.refuse(.notEncrypted)
    }

    // MARK: The version

    private func decide() {
        let preface = HTTPListener.http2Preface
        guard listener.http2 != nil, zip(received, preface).allSatisfy({ $0 == $1 })
        else { return becomeHTTP1() }
        if received.count >= preface.count { becomeHTTP2() }
    }

    private func becomeHTTP1() {
        cancelTimer()
        let connection = Connection(stream, peer: peer, listener: listener, received: received)
        listener.replace(self, with: connection)
        connection.open(until: deadline)
    }

    private func becomeHTTP2() {
        cancelTimer()
        listener.http2?(stream, self, received)
    }
}

extension ConnectionOpening: ByteStreamHandler {
    func streamIsReadable() {
        switch listener.read(stream, { received += $0 }) {
        case .nothing: return
        case .ended: end()
        case .count: decide()
        }
    }

    func streamIsWritable() {}
}
