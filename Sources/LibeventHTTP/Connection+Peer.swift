internal import Libevent

/// What the client does while it is being answered: handlers are cancelled when nobody waits for
/// them any more.
extension Connection {
    /// Something arrived that nobody asked for: the next request, more of the body, or the end. The
    /// bytes stay with the kernel. Reads are off from now on, for the end would be reported again in
    /// each turn; only now that something is there, because most clients wait for their answer, and
    /// two system calls are saved.
    func inspectPeer() {
        ignoreReads()
        switch peerState {
        case .gone: end()
        case .finishedSending: scheduleInspection { $0.exchange?.cancel() }
        // The end may come behind the bytes.
        case .connected: scheduleInspection { $0.inspectPeer() }
        }
    }

    private func scheduleInspection(_ action: @escaping (Connection) -> Void) {
        let serial = serial
        if let timer = peerTimer { listener.wheel.cancel(timer) }
        peerTimer = listener.wheel.schedule(after: listener.limits.halfClosedGrace) { [weak self] in
            guard let self else { return }
            peerTimer = nil
            guard serial == self.serial, case .responding = state, bodyReader == nil else { return }
            action(self)
        }
    }

    /// The answer has been handed over: what its handler still does is not the client's.
    func releaseExchange() {
        exchange = nil
        if let timer = peerTimer { listener.wheel.cancel(timer) }
        peerTimer = nil
    }

    /// Cancels the handler that makes the answer.
    func cancelExchange() {
        guard case .responding = state else { return }
        isAbandoned = true
        exchange?.cancel()
        releaseExchange()
    }
}
