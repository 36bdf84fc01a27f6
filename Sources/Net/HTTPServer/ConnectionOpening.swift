internal import Libevent

/// A connection before its first request: which version of HTTP does the client speak? The first bytes
/// tell: those of HTTP/2 begin with a fixed preface (RFC 9113 §3.4), which no request of HTTP/1.1 can
/// begin with. Then another object takes its place. Belongs to the loop's thread.
final class ConnectionOpening: ServedConnection {
    let peer: Peer
    var position = 0
    let isInFlight = false

    private let listener: HTTPListener
    private let stream: any ByteStream
    private let deadline: Duration
    private var received: [UInt8] = []
    private var timer: TimerWheel.Timer?

    init(_ stream: any ByteStream, peer: Peer, listener: HTTPListener) {
        self.stream = stream
        self.peer = peer
        self.listener = listener
        deadline = LoopClock.now() + listener.limits.headerDeadline
        stream.handler = self
    }

    /// Starts to read.
    func open() {
        stream.watchReads()
        timer = listener.wheel.schedule(after: listener.limits.headerDeadline) { [weak self] in
            self?.deadlinePassed()
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

    private func decide() {
        let preface = HTTPListener.http2Preface
        guard listener.http2 != nil,
            zip(received, preface).allSatisfy({ $0 == $1 })
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
