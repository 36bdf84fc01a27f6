internal import Frames
internal import Libevent

/// What follows a response: the next request, or the end of the connection.
extension Connection {
    /// Continues after the last byte of the response was sent.
    func finishFlush(keepAlive: Bool) {
        bodyMemory.set(to: 0)
        if keepAlive {
            state = .receiving
            takeRequests()
        } else if bodyIsWhole {
            // Closing with unread bytes would reset the connection, and the client could lose the
            // response (RFC 9112 §9.6).
            _ = listener.read(descriptor) { _ in }
            end()
        } else {
            state = .lingering
            parser = RequestParser(limits: listener.limits)
            parserMemory.set(to: 0)
            discardedCount = 0
            lingerEnd = LoopClock.now() + min(listener.limits.bodyDeadline, .seconds(3600))
            shutdownWrites()
            setDeadline(Self.lingerPause)
            watchReads()
        }
    }

    /// Discards what the client still sends, up to a limit of bytes and time. Nothing is kept, so
    /// this also works when the budget of memory is used up.
    func discard() {
        guard let count = listener.read(descriptor, { _ in }) else { return }
        guard count > 0 else { return end() }
        discardedCount += count
        let left = lingerEnd - LoopClock.now()
        if discardedCount > Self.lingerLimit || left <= .zero { return end() }
        setDeadline(min(Self.lingerPause, left))
    }

    /// The longest pause of a client that still sends after its last response.
    private static let lingerPause: Duration = .seconds(2)
    /// The most bytes that are discarded.
    private static let lingerLimit = 64 << 20
}
