internal import HTTPTypes
internal import Libevent
internal import Wire

/// The answer that is whole before its first byte leaves, and the one that never ends.
extension Connection {
    /// Sends a whole response.
    /// - Returns: how many bytes of body go out.
    func send(_ response: Response, to request: RequestHead) -> Int {
        send(response, headOnly: request.method == .head, keepAlive: settleKeepAlive())
        return request.method == .head ? 0 : response.body.count
    }

    /// Sends a whole response, or the refusal of it if the budget has no room for its body.
    func send(_ response: Response, headOnly: Bool, keepAlive: Bool) {
        guard case .responding = state else { return }
        guard !headOnly, !response.isVital, response.mayHaveBody,
            response.body.count > HeldBodies.leastCount
        else {
            return queue(response, headOnly: headOnly, keepAlive: keepAlive)
        }
        responseBody = listener.heldBodies.hold(response.body)
        if responseBody != nil {
            queue(response, headOnly: false, keepAlive: keepAlive)
        } else {
            sendOutOfMemory(keepAlive: keepAlive)
        }
    }

    /// The answer in the place of one that there is no memory for: small enough for a socket.
    private func sendOutOfMemory(keepAlive: Bool) {
        guard var response = listener.responder?.response(to: .outOfMemory) else { return end() }
        if response.fields[.retryAfter] == nil { response.fields[.retryAfter] = "1" }
        listener.responder?.reportRefusal(.outOfMemory, from: remoteAddress)
        queue(response, headOnly: false, keepAlive: keepAlive)
    }

    private func queue(_ response: Response, headOnly: Bool, keepAlive: Bool) {
        // The answer to HEAD has the length that the handler says, or none if it says none and has
        // no body either: nobody knows how long a stream would have been.
        let isSized =
            response.fields[.contentLength] != nil || (headOnly && response.body.isEmpty)
        let framing: ResponseFraming =
            response.mayHaveBody ? .length(response.body.count) : .none
        output.append(
            encodeHead(
                response.status, response.fields, isSized ? .none : framing,
                keepAlive: keepAlive, date: listener.dateNow()))
        if !headOnly, response.mayHaveBody { output.append(response.body) }
        handOver(keepAlive: keepAlive)
    }

    /// Nothing is added to the answer any more.
    func handOver(keepAlive: Bool) {
        owesResponse = false
        releaseExchange()
        clearDeadline()
        state = .flushing(keepAlive: keepAlive)
        flush()
    }

    /// Answers with 500 if nobody has begun to answer this request.
    func respondIfForgotten(_ serial: Int) {
        guard serial == self.serial, owesResponse, case .responding = state else { return }
        let error = HTTPProtocolError(500, "the request was not answered")
        guard let response = listener.responder?.response(to: error) else { return end() }
        listener.responder?.reportRefusal(error, from: remoteAddress)
        send(response, headOnly: false, keepAlive: false)
    }

    /// Tells a client that waits to be asked that its body is wanted (RFC 9110 §10.1.1).
    func sendContinue() {
        guard owesContinue else { return }
        owesContinue = false
        output.append(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }

    /// Turns the connection into an event stream; the connection itself ends here.
    func openEventStream(_ fields: HTTPFields, _ first: [UInt8], for request: RequestHead)
        -> EventStream
    {
        let framing: Frame.Framing = request.version == .http11 ? .chunked : .plain
        let head = encodeHead(
            .ok, fields, framing == .chunked ? .chunked : .untilClose,
            keepAlive: framing == .chunked, date: listener.dateNow())
        let isOpen: Bool
        if case .responding = state { isOpen = true } else { isOpen = false }
        if isOpen {
            releaseExchange()
            release(isLost: false)
        }
        let stream = EventStream(
            from: self, framing: framing, limiter: isOpen ? listener.limiter : nil,
            registry: isOpen ? listener.streams : nil)
        stream.open(head + Frame(first).bytes(framing))
        return stream
    }

    /// Whether another request can follow: only if the body of this one has been read to its end.
    func settleKeepAlive() -> Bool {
        if !owesContinue { skipBufferedBody() }
        return wantsKeepAlive && bodyIsWhole && admission == .admitted && !listener.isClosing
    }
}
