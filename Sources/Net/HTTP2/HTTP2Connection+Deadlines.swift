internal import HTTPServer
internal import Libevent

/// For what a connection waits that only its client can do.
enum ClientWait: Equatable {
    /// The first request, from the start of the connection on.
    case opening
    /// The end of the header section of a stream. Further bytes do not extend it.
    case header(Int32)
    /// The next request.
    case idle
    /// That it takes the last bytes.
    case last
}

extension HTTP2Connection {
    func cancelTimers() {
        awaitClient(nil)
        if let timer = writeTimer { listener.wheel.cancel(timer) }
        writeTimer = nil
        if let timer = acknowledgementTimer { listener.wheel.cancel(timer) }
        acknowledgementTimer = nil
        if let timer = drainTimer { listener.wheel.cancel(timer) }
        drainTimer = nil
    }

    // MARK: What the client sends

    /// How long a client may send what is discarded, after the response to it.
    private static let drainTime: Duration = .seconds(1)
    /// The same while the connection ends.
    private static let lastDrainTime: Duration = .milliseconds(100)

    /// Starts the deadline of the oldest request that was answered before its body was complete.
    func setDrainDeadline(_ session: HTTP2Session) {
        guard drainTimer == nil, let since = session.oldestDrain else { return }
        let time = isDraining ? Self.lastDrainTime : Self.drainTime
        let delay = max(.milliseconds(1), since + time - LoopClock.now())
        drainTimer = listener.wheel.schedule(after: delay) { [weak self] in
            guard let self, let session = self.session else { return }
            drainTimer = nil
            session.endDrains(since: LoopClock.now() - time)
            settle()
        }
    }

    func setClientDeadline(_ session: HTTP2Session, isDraining: Bool) {
        if !hasServed {
            awaitClient(.opening)
        } else if let collector = session.collector {
            awaitClient(.header(collector.stream.id))
        } else if session.streamCount == 0 {
            awaitClient(isDraining ? .last : .idle)
        } else {
            awaitClient(nil)
        }
    }

    /// Starts the deadline of a wait, unless it is running already.
    func awaitClient(_ client: ClientWait?) {
        guard client != waiting?.client else { return }
        if let timer = waiting?.timer { listener.wheel.cancel(timer) }
        waiting = nil
        guard let client else { return }
        let limits = listener.limits
        let delay = client == .idle ? limits.keepAliveIdle : limits.headerDeadline
        let timer = listener.wheel.schedule(after: delay) { [weak self] in
            self?.waiting = nil
            self?.deadlinePassed(client)
        }
        waiting = (client, timer)
    }

    private func deadlinePassed(_ client: ClientWait) {
        switch client {
        case .opening, .header:
            session?.terminate(code: 0)
            session?.flush()
            end()
        case .idle: endIfIdle()
        case .last: end()
        }
    }

    // MARK: What the client takes

    /// How many bytes a client must take within one deadline, of each response that waits and in
    /// all.
    private static let leastProgress = 64 << 10

    /// Looks from now on at the responses that wait for the client, if there are any.
    func setWriteDeadline(_ session: HTTP2Session) {
        guard writeTimer == nil else { return }
        guard session.hasBlockedWrite else {
            progress = nil
            return
        }
        if progress == nil { progress = (writtenCount, LoopClock.now()) }
        let delay = listener.limits.bodyDeadline / 4
        writeTimer = listener.wheel.schedule(after: delay) { [weak self] in self?.checkWrites() }
    }

    /// Waits, up to a deadline, until the last bytes have reached the client. While it reads them it sends
    /// WINDOW_UPDATE: to a socket that was closed meanwhile, and then the reset that it is answered
    /// with discards the bytes that have not left.
    /// - Returns: false when they have reached it.
    func awaitAcknowledgement() -> Bool {
        guard stream.unacknowledgedCount > 0 else { return false }
        awaitClient(.last)
        guard acknowledgementTimer == nil else { return true }
        let timer = listener.wheel.schedule(after: .milliseconds(10)) { [weak self] in
            self?.acknowledgementTimer = nil
            self?.settle()
        }
        acknowledgementTimer = timer
        return true
    }

    private func checkWrites() {
        writeTimer = nil
        guard let session, let progress else { return settle() }
        let now = LoopClock.now()
        let deadline = now - listener.limits.bodyDeadline
        if writtenCount - progress.count >= Self.leastProgress {
            self.progress = (writtenCount, now)
        }
        let late = session.streams(blockedSince: deadline)
        for stream in late { exchanges[stream.id]?.timeOutWriter() }
        // Nothing reaches a client that does not read, not even that a stream ends.
        if session.isBlocked, !late.isEmpty, (self.progress?.since ?? now) <= deadline {
            return end()
        }
        for stream in late { stream.reset(code: HTTP2ErrorCode.cancel) }
        settle()
    }

    // MARK: Whether the client is there

    /// Ends the connection of a peer that has vanished, if it is found so twice: one lost packet
    /// after a long silence is not enough. Each stream of the connection asks, at intervals of a
    /// quarter of the timeout.
    func inspectPeer(_ timeout: Duration) {
        guard session != nil else { return }
        guard stream.isUnanswered(for: timeout) else {
            unansweredSince = nil
            return
        }
        let now = LoopClock.now()
        guard let since = unansweredSince else {
            unansweredSince = now
            return
        }
        if now - since >= timeout / 8 { end() }
    }
}
