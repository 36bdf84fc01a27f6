internal import Frames
internal import HTTPTypes
internal import Libevent

/// Sending a whole response, and opening an event stream.
extension Connection {
    /// Sends a whole response.
    /// - Returns: how many bytes of body are sent.
    func send(_ response: Response, to request: RequestHead) -> Int {
        send(response, headOnly: request.method == .head, keepAlive: settleKeepAlive())
        return request.method == .head ? 0 : response.body.count
    }

    /// Sends a whole response, or 503 if the budget of memory has no room for its body.
    func send(_ response: Response, headOnly: Bool, keepAlive: Bool) {
        guard state.isResponding else { return }
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

    /// Sends 503 instead of a response for which there is no memory.
    private func sendOutOfMemory(keepAlive: Bool) {
        guard var response = listener.responder?.response(to: .outOfMemory) else { return end() }
        if response.fields[.retryAfter] == nil { response.fields[.retryAfter] = "1" }
        listener.responder?.reportRefusal(.outOfMemory, from: peer.address)
        queue(response, headOnly: false, keepAlive: keepAlive)
    }

    private func queue(_ response: Response, headOnly: Bool, keepAlive: Bool) {
        // The response to HEAD has the Content-Length that the handler set. Without one and without
        // a body it has none: the length of a stream is not known.
        let isSized =
            response.fields.contains(.contentLength) || (headOnly && response.body.isEmpty)
        let framing: ResponseFraming =
            response.mayHaveBody ? .length(response.body.count) : .none
        output.append(
            encodeHead(
                response.status, response.fields, isSized ? .none : framing,
                keepAlive: keepAlive, date: listener.dateNow()))
        if !headOnly, response.mayHaveBody { output.append(response.body) }
        handOver(keepAlive: keepAlive)
    }

    /// Ends the response: sends what is left of it, and then continues with the next request or
    /// ends the connection.
    func handOver(keepAlive: Bool) {
        releaseExchange()
        clearDeadline()
        state.endResponse(keepAlive: keepAlive)
        flush()
    }

    /// Sends 500 if the handler of this request has not begun a response.
    func respondIfForgotten() {
        guard state.turn?.owesResponse == true else { return }
        let error = HTTPProtocolError(500, "the request got no response")
        guard let response = listener.responder?.response(to: error) else { return end() }
        listener.responder?.reportRefusal(error, from: peer.address)
        send(response, headOnly: false, keepAlive: false)
    }

    /// Sends `100 Continue` if the client waits for it before it sends the body (RFC 9110 §10.1.1).
    func sendContinue() {
        guard state.turn?.owesContinue == true else { return }
        state.turn?.owesContinue = false
        output.append(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }

    /// Converts the connection into an event stream, which takes its socket.
    /// - Parameter isCurrent: whether the request is the one that is being handled.
    func openEventStream(
        _ fields: HTTPFields, _ first: [UInt8], for request: RequestHead, isCurrent: Bool
    ) -> EventStream {
        let framing: Frame.Framing = request.version == .http11 ? .chunked : .plain
        var bytes = encodeHead(
            .ok, fields, framing == .chunked ? .chunked : .untilClose,
            keepAlive: framing == .chunked, date: listener.dateNow())
        if framing == .chunked { bytes += "\(String(first.count, radix: 16))\r\n".utf8 }
        bytes += first
        if framing == .chunked { bytes += "\r\n".utf8 }
        let isOpen = isCurrent && state.isResponding
        if isOpen {
            releaseExchange()
            release(isLost: false)
        }
        let stream = EventStream(from: self, framing: framing, isOpen: isOpen)
        stream.open(bytes)
        return stream
    }

    /// Returns whether another request can follow: only if the body of this one is read to its end.
    func settleKeepAlive() -> Bool {
        if state.turn?.owesContinue != true { skipBufferedBody() }
        guard let turn = state.turn else { return false }
        return turn.wantsKeepAlive && turn.isBodyWhole && peer.admission == .admitted
            && !listener.isClosing
    }
}
