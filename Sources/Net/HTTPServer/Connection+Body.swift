internal import Frames
internal import Libevent

/// Reading the body of the request.
extension Connection {
    /// About the most bytes of one piece.
    private static let pieceLimit = 64 << 10

    /// Returns the next piece of the body, with all that has arrived: chunks of one byte must not
    /// cost the caller a turn of the loop each. Reads from the socket only during this call.
    /// - Parameter room: how many bytes the caller still takes. A chunk that announces more is
    ///   refused before it arrives.
    /// - Returns: nil at the end of the body.
    func nextBodyPart(room: Int = .max) async throws(RequestBodyError) -> [UInt8]? {
        while true {
            let part = try bufferedBody()
            if part.count + parser.announcedCount > room { throw .tooLarge }
            if !part.isEmpty { return part }
            guard let turn = state.turn else { throw .disconnected }
            if turn.isBodyWhole {
                // From now on reading only serves to notice that the client leaves.
                stream.watchReads()
                return nil
            }
            try await moreBytes()
        }
    }

    private func bufferedBody() throws(RequestBodyError) -> [UInt8] {
        var bytes: [UInt8] = []
        while state.turn?.awaitsBody == true, bytes.count < Self.pieceLimit {
            guard let event = nextBodyEvent() else { break }
            state.turn?.owesContinue = false
            switch event {
            case .body(let part) where bytes.isEmpty: bytes = part
            case .body(let part): bytes += part
            case .end, .head: state.turn?.isBodyWhole = true
            }
        }
        if bytes.isEmpty, let error = state.turn?.bodyError {
            throw error.status == 413 ? .tooLarge : .malformed(error)
        }
        return bytes
    }

    private func nextBodyEvent() -> RequestParser.Event? {
        do { return try parser.next() } catch {
            // The part before the error is handed over first.
            state.turn?.bodyError = error
            state.turn?.wantsKeepAlive = false
            return nil
        }
    }

    private func moreBytes() async throws(RequestBodyError) {
        if state.turn?.owesContinue == true {
            sendContinue()
            flush()
        }
        defer {
            if state.isResponding { stream.ignoreReads() }
        }
        do {
            // The task may get here in a later turn of the loop, when the state has changed.
            // Therefore the state is checked, and the deadline begins, after the reader is set.
            try await withCheckedThrowingContinuation { reader in
                bodyReader.wait(reader)
                guard state.isResponding else {
                    return bodyReader.resume(throwing: .disconnected)
                }
                guard !listener.bodiesTimedOut else {
                    return bodyReader.resume(throwing: .timedOut)
                }
                stream.watchReads()
                startBodyDeadline()
            }
        } catch {
            throw error as? RequestBodyError ?? .disconnected
        }
    }

    /// Skips the rest of a body that the handler did not read, as far as it has arrived.
    func skipBufferedBody() {
        while state.turn?.awaitsBody == true {
            guard let event = nextBodyEvent() else { return }
            if case .end = event { state.turn?.isBodyWhole = true }
        }
    }
}
