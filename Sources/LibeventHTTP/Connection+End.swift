internal import Libevent
internal import Wire

/// What follows the answer: the next request, or the end.
extension Connection {
    /// What happens when the answer's last byte has left.
    func finishFlush(keepAlive: Bool) {
        bodyMemory.set(to: 0)
        if keepAlive {
            state = .receiving
            takeRequests()
        } else if bodyIsWhole {
            // Closing over unread bytes would reset the connection and could destroy the answer.
            _ = listener.read(descriptor) { _ in }
            end()
        } else {
            state = .lingering
            discardedCount = 0
            lingerEnd = LoopClock.now() + min(listener.limits.bodyDeadline, .seconds(3600))
            shutdownWrites()
            setDeadline(Self.lingerPause)
            watchReads()
        }
    }

    /// Reads over what the client still sends, for a while.
    func discard(_ count: Int) {
        discardedCount += count
        parser = RequestParser(limits: listener.limits)
        parserMemory.set(to: 0)
        let left = lingerEnd - LoopClock.now()
        if discardedCount > Self.lingerLimit || left <= .zero { return end() }
        setDeadline(min(Self.lingerPause, left))
    }

    /// How long a client that was answered may pause in what it still sends.
    private static let lingerPause: Duration = .seconds(2)
    /// The most bytes that are thrown away for it.
    private static let lingerLimit = 64 << 20
}
