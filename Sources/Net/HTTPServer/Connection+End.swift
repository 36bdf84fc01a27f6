internal import Frames
internal import Libevent

/// What follows a response: the next request, or the end of the connection.
extension Connection {
    /// Continues after the last byte of the response was sent.
    func finishFlush(_ next: ConnectionState.Next) {
        bodyMemory.set(to: 0)
        switch next {
        case .request: takeRequests()
        case .end:
            // Closing with unread bytes would reset the connection, and the client could lose the
            // response (RFC 9112 §9.6).
            _ = listener.read(stream) { _ in }
            end()
        case .linger: linger()
        }
    }

    /// Ends the sending side, and discards what the client still sends.
    func linger() {
        let limit = min(listener.limits.bodyDeadline, .seconds(3600))
        state.linger(until: LoopClock.now() + limit)
        parser = RequestParser(limits: listener.limits)
        parserMemory.set(to: 0)
        stream.shutdownWrites()
        setDeadline(ConnectionState.lingerPause)
        stream.watchReads()
    }

    /// Discards what the client still sends, up to a limit of bytes and time. Nothing is kept, so
    /// this also works when the budget of memory is used up.
    func discard() {
        var count = 0
        switch listener.read(stream, { count = $0.count }) {
        case .nothing: return
        case .ended: return end()
        case .count: break
        }
        guard let pause = state.discard(count, at: LoopClock.now()) else { return end() }
        setDeadline(pause)
    }
}
