internal import Frames
internal import HTTPTypes
internal import Libevent

/// Sending a response whose body is written in pieces.
extension Connection {
    /// The writer waits while more bytes than this wait to be sent.
    private static let highWater = 256 << 10

    /// Begins the response.
    /// - Parameter length: of the whole body in bytes, if it is known; otherwise the body is sent
    ///   in chunks, or to an HTTP/1.0 client until the connection ends.
    /// - Returns: how the body is framed; `.none` when nothing of it is sent.
    func openBody(
        _ status: HTTPResponse.Status, _ fields: HTTPFields, length: Int?,
        for request: RequestHead
    ) -> ResponseFraming {
        let hasBody = Response(status: status).mayHaveBody
        var framing = ResponseFraming.none
        if hasBody {
            framing =
                length.map { .length($0) }
                ?? (request.version == .http11 ? .chunked : .untilClose)
        }
        let isSilent = request.method == .head || !hasBody
        if let turn = state.turn {
            state.beginResponse(length: isSilent ? 0 : length)
            let sentContinue = turn.owesContinue
            sendContinue()
            var fields = fields
            if length != nil { fields[.contentLength] = nil }
            // The body of the request may still be arriving: whether the connection continues is
            // decided at the end of the response and not announced here.
            let head = encodeHead(
                status, fields, framing, keepAlive: turn.wantsKeepAlive, date: listener.dateNow())
            // Not directly after the 100: HAProxy 2.6 would treat the response as ended. The head
            // is sent with the first bytes of the body.
            if sentContinue { heldHead = head } else { output.append(head) }
            flush()
        }
        return isSilent ? .none : framing
    }

    /// Sends a piece of the body, and waits while the client does not read.
    /// - Throws: `disconnected` when the connection has ended or the piece exceeds the announced
    ///   length, `timedOut` when the client takes nothing for too long.
    func writeBody(_ bytes: [UInt8], inChunk: Bool) async throws(RequestBodyError) {
        guard state.isResponding else { throw .disconnected }
        guard state.write(bytes.count) else {
            end()
            throw .disconnected
        }
        releaseHead()
        if inChunk { output.append(Array("\(String(bytes.count, radix: 16))\r\n".utf8)) }
        output.append(bytes)
        if inChunk { output.append([0x0D, 0x0A]) }
        flush()
        guard state.isResponding else { throw .disconnected }
        guard isAboveHighWater else { return }
        do {
            try await withCheckedThrowingContinuation { writer in
                bodyWriter.wait(writer)
                // The task may get here in a later turn of the loop, when all has been sent.
                if state.isResponding {
                    if !isAboveHighWater { bodyWriter.resume() }
                } else {
                    bodyWriter.resume(throwing: .disconnected)
                }
            }
        } catch {
            throw error as? RequestBodyError ?? .disconnected
        }
    }

    /// Whether the writer must wait. While the budget of memory is exhausted, it waits until every
    /// byte was sent.
    private var isAboveHighWater: Bool {
        output.count > (listener.memory.isExhausted ? 0 : Self.highWater)
    }

    /// Sends the head that was held after `100 Continue`.
    private func releaseHead() {
        guard let head = heldHead else { return }
        heldHead = nil
        output.append(head)
    }

    /// Ends the body. Closes the connection if a part of the announced length is missing.
    func endBody(_ trailer: [UInt8]) {
        guard let turn = state.turn else { return }
        if let left = turn.responseBytesLeft, left > 0 { return end() }
        releaseHead()
        output.append(trailer)
        handOver(keepAlive: settleKeepAlive())
    }

    /// Closes the connection if the body for this request was begun and not ended, unless all of
    /// the announced length was written.
    func cutBodyIfOpen() {
        guard let turn = state.turn else { return }
        if turn.responseBytesLeft == 0 { endBody([]) } else { end() }
    }
}
