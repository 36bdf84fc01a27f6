internal import HTTPTypes
internal import Libevent
internal import Wire

/// The answer, on its way out.
extension Connection {
    /// More than this waiting in a body that is written piece by piece makes the writer wait.
    private static let highWater = 1 << 20

    /// Sends a whole response.
    /// - Returns: how many bytes of body go out.
    func send(_ response: Response, to request: RequestHead) -> Int {
        send(response, headOnly: request.method == .head, keepAlive: settleKeepAlive())
        return request.method == .head ? 0 : response.body.count
    }

    func send(_ response: Response, headOnly: Bool, keepAlive: Bool) {
        guard case .answering = state else { return }
        owesAnswer = false
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
        state = .flushing(keepAlive: keepAlive)
        flush()
    }

    func openBody(_ status: HTTPResponse.Status, _ fields: HTTPFields, for request: RequestHead)
        -> ResponseWriter
    {
        // The request's body may still be coming in: whether the connection can go on is settled
        // at the end, and not announced here.
        let framing: ResponseFraming = request.version == .http11 ? .chunked : .untilClose
        if case .answering = state {
            owesAnswer = false
            askForBody()
            output.append(
                encodeHead(
                    status, fields, framing, keepAlive: wantsKeepAlive, date: listener.dateNow()))
            flush()
        }
        return ResponseWriter(self, framing)
    }

    func writeBody(_ bytes: [UInt8]) async throws(RequestBodyError) {
        guard case .answering = state else { throw .disconnected }
        output.append(bytes)
        flush()
        guard output.count > Self.highWater else { return }
        setDeadline(listener.limits.bodyDeadline)
        do {
            try await withCheckedThrowingContinuation { bodyWriter = $0 }
        } catch {
            throw error as? RequestBodyError ?? .disconnected
        }
        clearDeadline()
    }

    func endBody(_ trailer: [UInt8]) {
        guard case .answering = state else { return }
        output.append(trailer)
        state = .flushing(keepAlive: settleKeepAlive())
        flush()
    }

    /// Ends the connection if the body that was begun for this request has not been ended.
    func cutBodyIfOpen(_ serial: Int) {
        if serial == self.serial, case .answering = state { end() }
    }

    /// Answers with 500 if nobody has begun to answer this request.
    func answerIfForgotten(_ serial: Int) {
        guard serial == self.serial, owesAnswer, case .answering = state else { return }
        let error = HTTPProtocolError(500, "the request was not answered")
        guard let response = listener.responder?.response(to: error) else { return end() }
        listener.responder?.reportRefusal(error, from: remoteAddress)
        send(response, headOnly: false, keepAlive: false)
    }

    /// Tells a client that waits to be asked that its body is wanted (RFC 9110 §10.1.1).
    func askForBody() {
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
        if case .answering = state { isOpen = true } else { isOpen = false }
        if isOpen { release() }
        let stream = EventStream(
            from: self, framing: framing, census: isOpen ? listener.census : nil)
        stream.open(head + Frame(first).bytes(framing))
        return stream
    }

    /// Writes what the socket takes; the rest follows when it takes more.
    func flush() {
        do {
            while output.count > 0 {
                if try output.write(to: descriptor) == 0 {
                    if case .flushing = state { setDeadline(listener.limits.bodyDeadline) }
                    return awaitWritable()
                }
            }
        } catch {
            return end()
        }
        resume(&bodyWriter)
        if case .flushing(let keepAlive) = state { finishFlush(keepAlive: keepAlive) }
    }

    /// Whether another request can follow: only if the body of this one has been read to its end.
    private func settleKeepAlive() -> Bool {
        if !owesContinue { skipBufferedBody() }
        return wantsKeepAlive && bodyIsWhole && verdict == .welcome && !listener.isClosing
    }
}
