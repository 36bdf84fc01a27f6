internal import Frames
internal import HTTPServer
internal import HTTPTypes

/// Sending a response.
extension HTTP2Exchange {
    func send(_ response: Response) -> Int {
        guard owesResponse, !isOver else { return 0 }
        owesResponse = false
        var response = response
        let isHead = head.method == .head
        if !isHead, !response.isVital, response.mayHaveBody,
            response.body.count > HeldBodies.leastCount
        {
            heldBody = listener.heldBodies.hold(response.body)
            if heldBody == nil { response = outOfMemory() }
        }
        var fields = response.fields
        let isKnown = !(isHead && response.body.isEmpty)
        if !fields.contains(.contentLength), response.mayHaveBody, isKnown {
            fields[.contentLength] = String(response.body.count)
        }
        let hasBody = !isHead && response.mayHaveBody
        stream.respond(response.status, dated(fields), body: hasBody ? response.body : [])
        countOutput()
        releaseHandler()
        return hasBody ? response.body.count : 0
    }

    private func outOfMemory() -> Response {
        guard let responder = listener.responder else {
            return Response(status: .serviceUnavailable)
        }
        responder.reportRefusal(.outOfMemory, from: peer.address)
        var response = responder.response(to: .outOfMemory)
        if response.fields[.retryAfter] == nil { response.fields[.retryAfter] = "1" }
        return response
    }

    private func dated(_ fields: HTTPFields) -> HTTPFields {
        var fields = fields
        fields[.date] = listener.dateNow()
        return fields
    }

    func openBody(_ status: HTTPResponse.Status, _ fields: HTTPFields, length: Int?) {
        guard owesResponse, !isOver else { return }
        owesResponse = false
        let mayHaveBody = Response(status: status).mayHaveBody
        isSilent = head.method == .head || !mayHaveBody
        left = isSilent ? 0 : length
        var fields = dated(fields)
        if let length, mayHaveBody { fields[.contentLength] = String(length) }
        if isSilent { stream.respond(status, fields) } else { stream.begin(status, fields) }
    }

    func writeBody(_ bytes: [UInt8]) async throws(RequestBodyError) {
        // To HEAD all was sent: its stream may have ended.
        guard !isSilent else { return }
        guard !stream.isClosed else { throw .disconnected }
        if let left {
            guard bytes.count <= left else {
                stream.reset(code: HTTP2ErrorCode.internalError)
                throw .disconnected
            }
            self.left = left - bytes.count
        }
        stream.write(bytes)
        countOutput()
        guard mustWait else { return }
        do {
            try await withCheckedThrowingContinuation { writer in
                self.writer.wait(writer)
                if stream.isClosed {
                    self.writer.resume(throwing: .disconnected)
                } else if !mustWait {
                    self.writer.resume()
                }
            }
        } catch {
            throw error as? RequestBodyError ?? .disconnected
        }
    }

    /// While the budget of memory is exhausted, a writer waits until all was sent.
    var mustWait: Bool {
        stream.isAboveHighWater || (listener.memory.isExhausted && stream.queuedCount > 0)
    }

    /// A large body is counted separately, once for all connections that send it.
    func countOutput() { outputMemory.set(to: heldBody == nil ? stream.queuedCount : 0) }

    /// Tells the writer that the client takes nothing.
    func timeOutWriter() { writer.resume(throwing: .timedOut) }

    func endBody(trailers: HTTPFields) {
        defer { releaseHandler() }
        guard !isSilent, !stream.isClosed else { return }
        isSilent = true
        if let left, left > 0 { return stream.reset(code: HTTP2ErrorCode.internalError) }
        stream.finish(trailers: trailers.isEmpty ? nil : trailers)
    }

    func abandonBody() {
        guard !isSilent, !stream.isClosed, !owesResponse else { return }
        if left == 0 {
            endBody(trailers: [:])
        } else {
            stream.reset(code: HTTP2ErrorCode.internalError)
        }
    }

    func abandon() {
        guard owesResponse, !isOver, !stream.isClosed, let responder = listener.responder
        else { return }
        let error = HTTPProtocolError(500, "the request got no response")
        responder.reportRefusal(error, from: peer.address)
        _ = send(responder.response(to: error))
    }

    func openEventStream(_ fields: HTTPFields, first: [UInt8], trailers: HTTPFields)
        -> any FrameSink
    {
        let sink = HTTP2EventStream(stream, connection, trailers: trailers)
        guard owesResponse, !isOver, !stream.isClosed else { return sink }
        owesResponse = false
        releaseHandler()
        releaseRequestMemory()
        stream.delegate = sink
        stream.begin(.ok, dated(fields))
        stream.write(first)
        sink.open(first.count)
        connection.forget(self)
        return sink
    }
}
