internal import Libevent

/// Noticing that the client leaves while its request is handled: the handler is then cancelled.
extension Connection {
    /// Checks the client when something arrived that no reader waits for: the next request, more of
    /// the body, or the end of the stream.
    ///
    /// The bytes stay in the kernel. Reads are turned off, because libevent would report the end in
    /// each turn. They are not turned off earlier: most clients send nothing until they get their
    /// response, so that two system calls are saved.
    func inspectPeer() {
        stream.ignoreReads()
        switch stream.peerState {
        case .gone: end()
        case .finishedSending: scheduleInspection { $0.exchange?.cancel() }
        // The end may follow after the bytes.
        case .connected: scheduleInspection { $0.inspectPeer() }
        }
    }

    private func scheduleInspection(_ action: @escaping (Connection) -> Void) {
        let serial = state.serial
        if let timer = peerTimer { listener.wheel.cancel(timer) }
        peerTimer = listener.wheel.schedule(after: listener.limits.halfClosedGrace) { [weak self] in
            guard let self else { return }
            peerTimer = nil
            guard serial == state.serial, state.isResponding, !bodyReader.isWaiting else { return }
            action(self)
        }
    }

    /// Forgets the handler, whose response is complete: it is not cancelled any more.
    func releaseExchange() {
        exchange = nil
        if let timer = peerTimer { listener.wheel.cancel(timer) }
        peerTimer = nil
    }

    /// Cancels the handler of the request.
    func cancelExchange() {
        guard state.isResponding else { return }
        isAbandoned = true
        exchange?.cancel()
        releaseExchange()
    }
}
