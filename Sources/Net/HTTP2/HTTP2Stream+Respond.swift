internal import CNghttp2
package import HTTPTypes

/// Sending a response.
extension HTTP2Stream {
    /// Sends status 100, so that the client sends the body for which it waits (RFC 9110 §10.1.1).
    package func sendContinue() {
        guard let session, phase == .waiting else { return }
        unsafe session.submit { raw in
            unsafe ResponseFields(.continue, [:]).withFields { fields, count in
                unsafe nghttp2_submit_headers(
                    raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, nil, fields, count, nil)
            }
        }
    }

    /// Sends a whole response, whose body is held by reference until it was sent.
    /// - Parameter body: is left out when the response ends with its header section.
    package func respond(
        _ status: HTTPResponse.Status, _ fields: HTTPFields, body: [UInt8] = []
    ) {
        guard phase == .waiting else { return }
        queue.append(body)
        begin(status, fields, isEnding: true)
    }

    /// Begins a response, to which `write`, `send` and `finish` add.
    package func begin(_ status: HTTPResponse.Status, _ fields: HTTPFields) {
        begin(status, fields, isEnding: false)
    }

    private func begin(
        _ status: HTTPResponse.Status, _ fields: HTTPFields, isEnding: Bool
    ) {
        guard let session, phase == .waiting else { return queue.removeAll() }
        phase = isEnding ? .ending : .open
        let hasContent = !isEnding || !queue.isEmpty
        unsafe session.submit { raw in
            unsafe ResponseFields(status, fields).withFields { list, count in
                guard hasContent else {
                    return unsafe nghttp2_submit_response(raw, id, list, count, nil)
                }
                var source = unsafe contentSource(of: self)
                return unsafe nghttp2_submit_response(raw, id, list, count, &source)
            }
        }
        recordProgress(0, at: session.environment.now)
    }

    /// Adds bytes to the response; they are held by reference until they were sent. A writer that
    /// adds more while `isAboveHighWater` should wait for `streamIsWritable`.
    package func write(_ bytes: [UInt8]) {
        guard let session, phase == .open, !bytes.isEmpty else { return }
        queue.append(bytes)
        recordProgress(0, at: session.environment.now)
        session.resume(self)
    }

    /// Whether a writer should wait before it adds more.
    package var isAboveHighWater: Bool {
        guard let session else { return false }
        return queue.count > session.environment.limits.responseBytes
    }

    /// Ends the response after all that was added.
    /// - Parameter trailers: fields after the body.
    package func finish(trailers: HTTPFields? = nil) {
        guard let session, phase == .open else { return }
        phase = .ending
        responseTrailers = trailers
        wantsRoom = false
        recordProgress(0, at: session.environment.now)
        session.resume(self)
    }

    /// Submits the trailer section, from inside nghttp2's request for content.
    func submitTrailers(to raw: OpaquePointer) {
        guard let fields = responseTrailers else { return }
        responseTrailers = nil
        _ = unsafe ResponseFields(trailers: fields).withFields { list, count in
            unsafe nghttp2_submit_trailer(raw, id, list, count)
        }
    }
}
