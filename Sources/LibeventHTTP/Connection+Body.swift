internal import Libevent
internal import Wire

/// The request's body, on its way in.
extension Connection {
    /// What is handed over in one piece at most.
    private static let pieceLimit = 64 << 10

    /// The next piece of the body, with all that is here already: a client that sends chunks of one
    /// byte must not cost a turn of the caller for each. Reads from the socket only while somebody
    /// waits for it.
    /// - Parameter room: how many bytes the caller still takes; a chunk that announces more is
    ///   refused before it is here.
    func nextBodyPart(room: Int = .max) async throws(RequestBodyError) -> [UInt8]? {
        while true {
            let part = try bufferedBody()
            if part.count + parser.announcedCount > room { throw .tooLarge }
            if !part.isEmpty { return part }
            if bodyIsWhole {
                // From now on only the client's end can be of interest.
                if case .responding = state { watchReads() }
                return nil
            }
            guard case .responding = state else { throw .disconnected }
            try await moreBytes()
        }
    }

    private func bufferedBody() throws(RequestBodyError) -> [UInt8] {
        var bytes: [UInt8] = []
        while !bodyIsWhole, bodyError == nil, bytes.count < Self.pieceLimit {
            guard let event = nextBodyEvent() else { break }
            owesContinue = false
            switch event {
            case .body(let part) where bytes.isEmpty: bytes = part
            case .body(let part): bytes += part
            case .end, .head: bodyIsWhole = true
            }
        }
        if bytes.isEmpty, let bodyError {
            throw bodyError.status == 413 ? .tooLarge : .malformed(bodyError)
        }
        return bytes
    }

    private func nextBodyEvent() -> RequestParser.Event? {
        do { return try parser.next() } catch {
            // What came before it is handed over first.
            bodyError = error
            wantsKeepAlive = false
            return nil
        }
    }

    private func moreBytes() async throws(RequestBodyError) {
        if owesContinue {
            sendContinue()
            flush()
        }
        defer {
            if case .responding = state { ignoreReads() }
        }
        do {
            // The task may get here in a later turn of the loop, in which much may have happened: all
            // that is looked at and begun for the reader is so with the reader in its place.
            try await withCheckedThrowingContinuation { reader in
                bodyReader = reader
                guard case .responding = state else {
                    return resume(&bodyReader, throwing: .disconnected)
                }
                guard !listener.bodiesTimedOut else {
                    return resume(&bodyReader, throwing: .timedOut)
                }
                watchReads()
                startBodyDeadline()
            }
        } catch {
            throw error as? RequestBodyError ?? .disconnected
        }
    }

    /// Makes room in a body that is collected, within the budget of memory.
    func holdBody(_ bytes: inout [UInt8], adding count: Int) throws(RequestBodyError) {
        let needed = bytes.count + count
        if bytes.isEmpty || needed > bytes.capacity {
            // No more than was announced: the last doubling would often be for nothing.
            var capacity = max(needed, 2 * bytes.capacity)
            if case .length(let length) = bodyFraming {
                capacity = max(needed, min(capacity, length))
            }
            guard bodyMemory.resize(to: capacity) else { throw .outOfMemory }
            if !bytes.isEmpty { bytes.reserveCapacity(capacity) }
        }
    }

    /// Reads over what is left of a body nobody wanted, as far as it is here already.
    func skipBufferedBody() {
        while !bodyIsWhole, bodyError == nil {
            guard let event = nextBodyEvent() else { return }
            if case .end = event { bodyIsWhole = true }
        }
    }
}
