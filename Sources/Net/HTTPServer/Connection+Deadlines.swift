internal import Libevent

/// The deadlines for what the client sends.
extension Connection {
    /// Replaces the deadline.
    func setDeadline(_ delay: Duration) {
        clearDeadline()
        timer = listener.wheel.schedule(after: delay) { [weak self] in self?.deadlinePassed() }
    }

    func clearDeadline() {
        if let timer { listener.wheel.cancel(timer) }
        timer = nil
    }

    private func deadlinePassed() {
        timer = nil
        switch state {
        case .receiving where !parser.isBetweenRequests:
            refuse(HTTPProtocolError(408, "the request header did not arrive in time"))
        case .responding:
            // Without a waiting reader it is the handler that is slow, not the client.
            resume(&bodyReader, throwing: .timedOut)
        case .receiving, .lingering: end()
        case .flushing, .closed: break
        }
    }

    /// How many bytes of a body must arrive within one deadline.
    private static let progress = 64 << 10

    /// Starts the deadline for the next 64 KiB of the body. Fewer bytes do not extend it.
    func startBodyDeadline() {
        guard timer == nil || bodySinceDeadline >= Self.progress else { return }
        bodySinceDeadline = 0
        setDeadline(listener.limits.bodyDeadline)
    }

    /// Resumes a reader or writer that waits, once.
    func resume(
        _ waiter: inout CheckedContinuation<Void, any Error>?,
        throwing error: RequestBodyError? = nil
    ) {
        guard let waiting = waiter else { return }
        waiter = nil
        if let error { waiting.resume(throwing: error) } else { waiting.resume() }
    }
}
