internal import HTTPTypes
internal import Libevent
internal import Wire

/// The answer that is written piece by piece.
extension Connection {
    /// More than this waiting makes the writer wait.
    private static let highWater = 256 << 10

    /// Begins the answer.
    /// - Parameter length: of the whole body, if it is known; else the body is sent in chunks.
    func openBody(
        _ status: HTTPResponse.Status, _ fields: HTTPFields, length: Int?,
        for request: RequestHead
    ) -> ResponseWriter {
        let hasBody = Response(status: status).mayHaveBody
        var framing = ResponseFraming.none
        if hasBody {
            framing =
                length.map { .length($0) }
                ?? (request.version == .http11 ? .chunked : .untilClose)
        }
        let isSilent = request.method == .head || !hasBody
        if case .responding = state {
            owesResponse = false
            responseBytesLeft = isSilent ? 0 : length
            let sentContinue = owesContinue
            sendContinue()
            var fields = fields
            if length != nil { fields[.contentLength] = nil }
            // The request's body may still be coming in: whether the connection can go on is
            // settled at the end, and not announced here.
            let head = encodeHead(
                status, fields, framing, keepAlive: wantsKeepAlive, date: listener.dateNow())
            // Right after the 100 it would confuse proxies: HAProxy 2.6 takes the response for
            // ended. Nothing is lost by waiting for the first bytes of the body.
            if sentContinue { heldHead = head } else { output.append(head) }
            flush()
        }
        return ResponseWriter(self, isSilent ? .none : framing)
    }

    /// Sends a piece of the body; waits while the client does not read.
    func writeBody(_ bytes: [UInt8], inChunk: Bool) async throws(RequestBodyError) {
        guard case .responding = state else { throw .disconnected }
        if let left = responseBytesLeft {
            guard bytes.count <= left else {
                // More than was announced would be read as the next answer.
                end()
                throw .disconnected
            }
            responseBytesLeft = left - bytes.count
        }
        releaseHead()
        if inChunk { output.append(Array("\(String(bytes.count, radix: 16))\r\n".utf8)) }
        output.append(bytes)
        if inChunk { output.append([0x0D, 0x0A]) }
        flush()
        guard case .responding = state else { throw .disconnected }
        guard isAboveHighWater else { return }
        do {
            try await withCheckedThrowingContinuation { writer in
                bodyWriter = writer
                // The task may get here in a later turn of the loop, when all has left.
                if case .responding = state {
                    if !isAboveHighWater { resume(&bodyWriter) }
                } else {
                    resume(&bodyWriter, throwing: .disconnected)
                }
            }
        } catch {
            throw error as? RequestBodyError ?? .disconnected
        }
    }

    /// Whether more waits than should; without memory nobody holds more than the piece that he has
    /// begun.
    private var isAboveHighWater: Bool {
        output.count > (listener.memory.isExhausted ? 0 : Self.highWater)
    }

    private func releaseHead() {
        guard let head = heldHead else { return }
        heldHead = nil
        output.append(head)
    }

    /// Ends the body; cuts the connection if some of it is missing.
    func endBody(_ trailer: [UInt8]) {
        guard case .responding = state else { return }
        if let responseBytesLeft, responseBytesLeft > 0 { return end() }
        releaseHead()
        output.append(trailer)
        handOver(keepAlive: settleKeepAlive())
    }

    /// Ends the connection if the body that was begun for this request has not been ended, unless
    /// all that was announced is there.
    func cutBodyIfOpen(_ serial: Int) {
        guard serial == self.serial, case .responding = state else { return }
        if responseBytesLeft == 0 { endBody([]) } else { end() }
    }
}
