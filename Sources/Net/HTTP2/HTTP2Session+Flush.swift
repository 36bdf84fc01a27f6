internal import CNghttp2

/// Making frames and giving them to the output.
extension HTTP2Session {
    /// How a flush has ended.
    package enum Progress: Sendable {
        /// Everything was sent that may be sent.
        case idle
        /// The output has no room: call `flush()` when it has.
        case blocked
        /// There is more, and much was sent: call `flush()` in the next turn of the loop.
        case more
    }

    /// The most bytes of one call.
    private static let turnBytes = 1 << 20

    /// Sends what there is to send, as far as windows and output have room. Streams share the
    /// connection in turns.
    @discardableResult
    package func flush() -> Progress {
        guard unsafe raw != nil, !isFlushing, !isReceiving else { return .idle }
        acceptAnnouncement()
        isFlushing = true
        let progress = sendFrames()
        isFlushing = false
        guard output != nil else {
            free()
            return .idle
        }
        if streams.count <= 1 { prepared.trim() }
        reportNews()
        return progress
    }

    private func sendFrames() -> Progress {
        var budget = Self.turnBytes
        while true {
            let before = prepared.count
            guard write() else { return .blocked }
            budget -= before
            guard hasFrames else { return .idle }
            guard budget > 0 else { return .more }
            prepare()
            if prepared.isEmpty { return .idle }
        }
    }

    /// Gives the prepared bytes to the output.
    /// - Returns: whether it took all of them.
    func write() -> Bool {
        while !prepared.isEmpty {
            guard let output else { return false }
            let written = prepared.write(to: output)
            if written < 0 {
                close()
                return false
            }
            if written == 0 {
                isBlocked = true
                return false
            }
        }
        isBlocked = false
        return true
    }

    /// Takes frames from nghttp2 until enough is prepared or there are no more.
    func prepare() {
        repeat {
            guard let raw = unsafe raw else { return }
            isPaused = false
            var bytes: UnsafePointer<UInt8>?
            let count = unsafe nghttp2_session_mem_send(raw, &bytes)
            if isFlooded { terminate(after: 0) }
            if count < 0 { return close(code: NGHTTP2_INTERNAL_ERROR.rawValue) }
            guard count > 0 else {
                hasFrames = isPaused
                return
            }
            unsafe prepared.append(UnsafeRawBufferPointer(start: bytes, count: count))
        } while prepared.count < environment.limits.preparedBytes
    }

    /// nghttp2 asks for the content of a DATA frame. It is put into `prepared`, after room for the
    /// header of the frame.
    func content(of stream: HTTP2Stream, limit: Int, flags: inout UInt32) -> Int {
        stream.isDeferred = false
        if isSettling { return settledContent(of: stream, limit: limit, flags: &flags) }
        guard output != nil, let raw = unsafe raw else { return deferred(stream) }
        guard prepared.count < environment.limits.preparedBytes else {
            isPaused = true
            return Int(NGHTTP2_ERR_PAUSE.rawValue)
        }
        prepared.beginFrame()
        let wasAboveHighWater = stream.isAboveHighWater
        var count = stream.queue.move(upTo: limit, to: &prepared)
        if count > 0 {
            stream.recordProgress(count, at: environment.now)
            // A writer that waits while memory is exhausted waits until all was sent.
            let isEmpty = stream.queue.isEmpty && stream.phase == .open && !stream.wantsRoom
            if isEmpty || wasAboveHighWater && !stream.isAboveHighWater {
                addNews(.drained, of: stream)
            }
        }
        if stream.wantsRoom, stream.queue.isEmpty, count < limit {
            count += pull(stream, limit: limit - count)
        }
        let isEnded =
            stream.phase == .ending && stream.queue.isEmpty && !stream.wasReset
            && !stream.isClosed
        if isEnded {
            flags |= NGHTTP2_DATA_FLAG_EOF.rawValue
            if stream.responseTrailers != nil {
                flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
                unsafe stream.submitTrailers(to: raw)
            }
        }
        if count > 0 {
            flags |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue
            return count
        }
        prepared.cancelFrame()
        return isEnded ? 0 : deferred(stream)
    }

    func deferred(_ stream: HTTP2Stream) -> Int {
        stream.isDeferred = true
        return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    }

    /// Asks the owner of a stream for bytes, which it gives with `send`.
    private func pull(_ stream: HTTP2Stream, limit: Int) -> Int {
        stream.wantsRoom = false
        pulled = stream
        pulledRoom = limit
        pulledBytes = 0
        stream.delegate?.streamIsWritable(stream)
        pulled = nil
        return pulledBytes
    }

    /// The content of a DATA frame was prepared; this is its header.
    func contentIsComplete(_ header: DataHeader) {
        if isSettling { return contentIsSettled(header) }
        prepared.endFrame(header)
        floods.creditData(header.length)
    }

    /// Lets nghttp2 ask a stream for content.
    func resume(_ stream: HTTP2Stream) {
        guard stream.isDeferred, !isTerminating else { return }
        settle()
        // If its windows are closed now, nghttp2 asks by itself when they open.
        guard stream.isDeferred, let raw = unsafe raw else { return }
        stream.isDeferred = false
        unsafe nghttp2_session_resume_data(raw, stream.id)
        hasFrames = true
        announce()
    }

    /// Ends a stream at once.
    func reset(_ stream: HTTP2Stream, code: UInt32) {
        guard !stream.wasReset else { return }
        stream.wasReset = true
        stream.queue.removeAll()
        stream.wantsRoom = false
        stream.phase = .ending
        unsafe submit { raw in
            unsafe nghttp2_submit_rst_stream(
                raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, code)
        }
    }
}
