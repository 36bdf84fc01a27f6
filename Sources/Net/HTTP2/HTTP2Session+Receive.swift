internal import CNghttp2
internal import HTTPTypes

/// What nghttp2 reports about bytes that arrive. Nothing here calls a delegate.
extension HTTP2Session {
    /// A header section begins.
    func headersBegin(_ id: Int32, isRequest: Bool) {
        if isRequest {
            let stream = HTTP2Stream(id, self)
            streams[id] = stream
            shareFairly(stream)
            collector = FieldCollector(
                for: stream, isTrailer: false, limits: environment.limits)
        } else if let stream = streams[id] {
            collector = FieldCollector(for: stream, isTrailer: true, limits: environment.limits)
        }
    }

    /// Makes nghttp2 take turns between the streams (RFC 9218: incremental), whatever the client
    /// asks for: it would send one response after the other.
    private func shareFairly(_ stream: HTTP2Stream) {
        var priority = nghttp2_extpri(
            urgency: UInt32(NGHTTP2_EXTPRI_DEFAULT_URGENCY), inc: 1)
        unsafe nghttp2_session_change_extpri_stream_priority(raw, stream.id, &priority, 1)
    }

    /// A field of a header section.
    /// - Returns: what nghttp2 does with the stream.
    func headerArrived(
        _ id: Int32, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) -> nghttp2_error? {
        guard let collector, collector.stream.id == id else { return nil }
        if unsafe collector.add(name, value) { return nil }
        self.collector = nil
        // Otherwise nghttp2 chooses INTERNAL_ERROR, as if the fault were here.
        if let raw = unsafe raw {
            unsafe nghttp2_submit_rst_stream(
                raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, HTTP2ErrorCode.enhanceYourCalm)
        }
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE
    }

    /// A header section is complete.
    func headersEnd(_ id: Int32, endsStream: Bool) {
        guard let collector, collector.stream.id == id else { return }
        self.collector = nil
        let stream = collector.stream
        if endsStream { stream.hasRequestEnded = true }
        if collector.isTrailer {
            // The limits hold for trailers too; a section beyond them is left out.
            if collector.error == nil { stream.trailers = collector.fields }
            addNews(.body, of: stream)
            return
        }
        stream.request = HTTP2Stream.PendingRequest(
            Result { () throws(HTTP2RequestError) in
                try collector.request(isComplete: endsStream)
            })
        addNews(.opened, of: stream)
    }

    /// Bytes of a request's body.
    func bodyArrived(_ id: Int32, _ bytes: UnsafeRawBufferPointer) {
        guard let raw = unsafe raw else { return }
        guard let stream = streams[id], !stream.wasReset else {
            unsafe nghttp2_session_consume(raw, id, bytes.count)
            return
        }
        if stream.isDraining {
            unsafe nghttp2_session_consume_connection(raw, bytes.count)
            return
        }
        unsafe stream.body.append(contentsOf: bytes)
        addNews(.body, of: stream)
    }

    /// A DATA frame is complete.
    func dataEnd(_ id: Int32, byteCount: Int, endsStream: Bool) {
        if endsStream, let stream = streams[id] {
            stream.hasRequestEnded = true
            addNews(.body, of: stream)
        }
        if byteCount == 0, !endsStream { recordControl(cost: 1) }
    }

    /// The header of a frame has arrived.
    /// - Returns: false when the client has sent too many frames: nothing more is read.
    func frameBegins(type: UInt8) -> Bool {
        switch nghttp2_frame_type(UInt32(type)) {
        case NGHTTP2_HEADERS: break
        case NGHTTP2_SETTINGS: recordControl(cost: FloodGuard.settingsCost)
        default: recordControl(cost: 1)
        }
        return !isFlooded
    }

    /// A frame is refused. Each stream beyond the limit is answered with RST_STREAM, without ever
    /// being opened.
    func frameIsInvalid(_ id: Int32) {
        guard streams[id] == nil else { return }
        if !floods.recordReset(at: environment.now) { isFlooded = true }
    }

    private func recordControl(cost: Int) {
        if !floods.recordControl(cost: cost, at: environment.now) { isFlooded = true }
    }

    /// A stream has ended, by its last frame or by a reset of either side.
    func streamEnded(_ id: Int32, code: UInt32) {
        if collector?.stream.id == id { collector = nil }
        guard let stream = streams.removeValue(forKey: id) else { return }
        // Also what the server resets because of the client: it is as cheap to cause.
        if code != NGHTTP2_NO_ERROR.rawValue, !stream.wasReset,
            !floods.recordReset(at: environment.now)
        {
            isFlooded = true
        }
        if let raw = unsafe raw, !stream.body.isEmpty {
            unsafe nghttp2_session_consume_connection(raw, stream.body.count)
        }
        stream.close(code: code)
        addNews(.closed, of: stream)
    }

    /// Lets the client send as many bytes of body as the handler has taken.
    func consume(_ count: Int, of stream: HTTP2Stream) {
        unsafe submit { raw in unsafe nghttp2_session_consume(raw, stream.id, count) }
    }
}
