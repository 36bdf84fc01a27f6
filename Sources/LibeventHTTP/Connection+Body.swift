internal import Libevent

/// The request's body, on its way in.
extension Connection {
    /// The next piece of the body; reads from the socket only while somebody waits for it.
    func nextBodyPart() async throws(RequestBodyError) -> [UInt8]? {
        while !bodyIsWhole {
            guard case .answering = state else { throw .disconnected }
            do {
                switch try parser.next() {
                case .body(let bytes):
                    owesContinue = false
                    return bytes
                case .end, .head:
                    bodyIsWhole = true
                    return nil
                case nil: break
                }
            } catch {
                wantsKeepAlive = false
                throw .malformed(error)
            }
            try await moreBytes()
        }
        return nil
    }

    private func moreBytes() async throws(RequestBodyError) {
        guard !listener.bodiesAreOver else { throw .timedOut }
        if owesContinue {
            askForBody()
            flush()
            guard case .answering = state else { throw .disconnected }
        }
        watchReads()
        startBodyDeadline()
        defer {
            if case .answering = state { ignoreReads() }
        }
        do {
            try await withCheckedThrowingContinuation { bodyReader = $0 }
        } catch {
            throw error as? RequestBodyError ?? .disconnected
        }
    }

    /// Reads over what is left of a body nobody wanted, as far as it is here already.
    func skipBufferedBody() {
        while !bodyIsWhole {
            guard let event = try? parser.next() else { return }
            if case .end = event { bodyIsWhole = true }
        }
    }
}
