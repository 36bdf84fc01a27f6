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
        switch state.deadlineAction(isBetween: parser.isBetweenRequests) {
        case .refuse: refuse(HTTPProtocolError(408, "the request header did not arrive in time"))
        case .failReader: bodyReader.resume(throwing: .timedOut)
        case .end: end()
        case .nothing: break
        }
    }

    /// How many bytes of a body must arrive within one deadline.
    private static let progress = 64 << 10

    /// Starts the deadline for the next 64 KiB of the body. Fewer bytes do not extend it.
    func startBodyDeadline() {
        guard timer == nil || state.turn?.bodySinceDeadline ?? 0 >= Self.progress else { return }
        state.turn?.bodySinceDeadline = 0
        setDeadline(listener.limits.bodyDeadline)
    }

    func timeOutBodies() { bodyReader.resume(throwing: .timedOut) }
}
