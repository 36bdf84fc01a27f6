internal import CNghttp2
internal import HTTPTypes

/// The owner of a session, called on the loop's thread, never from inside nghttp2.
package protocol HTTP2SessionDelegate: AnyObject {
    /// Called for each request whose header section has arrived, also for those that must be
    /// answered with an error. It is called after all bytes of one `receive` were parsed, and only if
    /// the stream is still open. The delegate sets the stream's own delegate.
    func session(
        _ session: HTTP2Session, received request: Result<HTTP2Request, HTTP2RequestError>,
        on stream: HTTP2Stream)
    /// Called once when there are bytes for the output that were not there before: call `flush()`
    /// before the loop waits. It is not called during `receive`, after which `flush()` is due anyway.
    func sessionNeedsFlush(_ session: HTTP2Session)
    /// Called when the client has acknowledged a PING of `ping(_:)`.
    func session(_ session: HTTP2Session, receivedPong payload: UInt64)
}

/// One connection of HTTP/2 without its socket: bytes come in through `receive`, and go out through
/// a `ByteOutput`.
///
/// nghttp2 has the states of the streams, HPACK and the flow-control windows. What this class adds
/// is the order of calls, bounded memory, the bounds that nghttp2 lacks, and a direct way for
/// frames that many streams share (`HTTP2Session+Direct.swift`). `close()` must be called at the
/// end: session, streams and delegates hold each other until then. Belongs to the loop's thread.
@safe package final class HTTP2Session {
    /// What the sessions of the loop share.
    let environment: HTTP2Environment
    /// The owner. It is held until `close()`.
    package var delegate: (any HTTP2SessionDelegate)?
    /// Whether bytes of frames are gathered until `flush()`, so that many streams share one write.
    /// A session with one stream writes at once.
    package var isBatching = false

    /// Where bytes go.
    var output: (any ByteOutput)?
    /// The session of nghttp2; nil after `close()`.
    var raw: OpaquePointer?
    /// The bytes that the output has not taken yet.
    var prepared = OutputBuffer()
    /// Whether the output has taken less than it was given.
    var isBlocked = false
    /// The open streams.
    var streams: [Int32: HTTP2Stream] = [:]
    /// The streams that `close()` has ended: nghttp2 may refer to them until it is freed.
    private var retired: [Int32: HTTP2Stream] = [:]
    /// The header section that is being received.
    var collector: FieldCollector?
    var floods: FloodGuard
    /// Whether the client has sent more frames than it may.
    var isFlooded = false
    /// Whether the connection ends with an error.
    var isTerminating = false

    // Whose turn it is. nghttp2 must not be entered twice.
    var isReceiving = false
    var isFlushing = false
    var isSettling = false
    /// Whether nghttp2 may have frames to send.
    var hasFrames = true
    /// Whether nghttp2 was stopped because enough is prepared.
    var isPaused = false
    private var hasAnnounced = false

    /// The streams that have sent bytes which nghttp2 does not know of.
    var unsettled: [HTTP2Stream] = []
    var unsettledBytes = 0
    /// The stream whose owner is asked for bytes, and how many of them fit.
    var pulled: HTTP2Stream?
    var pulledRoom = 0
    var pulledBytes = 0

    /// The streams whose response is complete and whose request is not, the oldest first; also some
    /// that have ended since.
    var drains: [(id: Int32, since: Duration)] = []

    private var news: [HTTP2Stream] = []
    private var pongs: [UInt64] = []

    /// Makes the server's side of a connection. The client's preface is the first that it receives.
    /// If there is no memory, the session is finished from the start.
    package init(environment: HTTP2Environment, output: any ByteOutput) {
        self.environment = environment
        self.output = output
        floods = FloodGuard(environment.limits, at: environment.now())
        unsafe raw = unsafe environment.makeSession(for: self)
        submitSettings()
    }

    deinit { unsafe nghttp2_session_del(raw) }

    private func submitSettings() {
        guard let raw = unsafe raw else { return }
        let limits = environment.limits
        let list = limits.requestLineBytes + limits.headerBytes + 32 * (limits.headerCount + 5)
        let entries = [
            (NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.concurrentStreams),
            (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.streamWindow),
            (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, list),
            (NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, limits.headerTableBytes),
            (NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1),
        ].map { id, value in
            nghttp2_settings_entry(
                settings_id: Int32(id.rawValue),
                value: UInt32(clamping: max(0, min(value, 0x7FFF_FFFF))))
        }
        unsafe nghttp2_submit_settings(
            raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries, entries.count)
        unsafe nghttp2_session_set_local_window_size(
            raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Int32(clamping: limits.connectionWindow))
    }

    /// How many streams are open.
    package var streamCount: Int { streams.count }

    /// How many bytes are prepared and not taken by the output.
    package var preparedCount: Int { prepared.count }

    /// Whether nothing more is sent or received: the connection can be closed.
    package var isFinished: Bool {
        guard let raw = unsafe raw else { return true }
        guard prepared.isEmpty else { return false }
        return unsafe nghttp2_session_want_read(raw) == 0
            && nghttp2_session_want_write(raw) == 0
    }

    /// Parses bytes from the client and then reports what they mean. Call `flush()` afterwards.
    package func receive(_ bytes: UnsafeRawBufferPointer) {
        guard let raw = unsafe raw, !isReceiving, !isFlushing, !isTerminating else { return }
        settle()
        isReceiving = true
        hasFrames = true
        let count = unsafe nghttp2_session_mem_recv(
            raw, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        if isFlooded || count < 0 { terminate(after: count) }
        reportNews()
        isReceiving = false
        if output == nil { free() }
    }

    /// Ends the connection with the error that belongs to a result of nghttp2.
    func terminate(after result: Int) {
        let code: nghttp2_error_code
        switch nghttp2_error(rawValue: Int32(clamping: result)) {
        case _ where isFlooded, NGHTTP2_ERR_FLOODED, NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
            code = NGHTTP2_ENHANCE_YOUR_CALM
        case NGHTTP2_ERR_BAD_CLIENT_MAGIC: code = NGHTTP2_PROTOCOL_ERROR
        default: code = NGHTTP2_INTERNAL_ERROR
        }
        terminate(code: code.rawValue)
    }

    /// Ends the connection: the client gets GOAWAY with an error code, and then nothing more.
    package func terminate(code: UInt32) {
        guard let raw = unsafe raw, !isTerminating else { return }
        settle()
        isTerminating = true
        hasFrames = true
        unsafe nghttp2_session_terminate_session(raw, code)
        announce()
    }

    /// Ends everything at once: each stream is reported as closed, and nothing more is sent.
    package func close(code: UInt32 = NGHTTP2_CANCEL.rawValue) {
        guard unsafe raw != nil else { return }
        let open = streams.values.sorted { $0.id < $1.id }
        retired = streams
        streams = [:]
        collector = nil
        unsettled = []
        // nghttp2 is freed with the session: this may be called from inside it.
        isTerminating = true
        hasFrames = false
        output = nil
        for stream in open {
            stream.close(code: code)
            addNews(.closed, of: stream)
        }
        reportNews()
        delegate = nil
        if !isReceiving, !isFlushing { free() }
    }

    /// Releases nghttp2's session, when nothing of it is on the stack.
    func free() {
        unsafe nghttp2_session_del(raw)
        unsafe raw = nil
        prepared = OutputBuffer()
        retired = [:]
    }

    /// Notifies the owner that there is something to flush.
    func announce() {
        guard !hasAnnounced, !isReceiving, !isFlushing, !isBlocked else { return }
        hasAnnounced = true
        delegate?.sessionNeedsFlush(self)
    }

    /// Forgets that the owner was notified, because it flushes now.
    func acceptAnnouncement() { hasAnnounced = false }

    /// Prepares nghttp2 for frames that are given to it.
    func touch() {
        settle()
        hasFrames = true
        announce()
    }

    /// Gives frames to nghttp2. If it has no memory for them, the connection ends.
    func submit(_ body: (OpaquePointer) -> Int32) {
        guard let raw = unsafe raw, !isTerminating else { return }
        touch()
        if unsafe body(raw) < 0 { terminate(code: NGHTTP2_INTERNAL_ERROR.rawValue) }
    }

    func addNews(_ item: HTTP2Stream.News, of stream: HTTP2Stream) {
        if stream.news.isEmpty { news.append(stream) }
        stream.news.insert(item)
    }

    func addPong(_ payload: UInt64) { pongs.append(payload) }

    /// Reports what has happened to the delegates. They may cause more, which is reported too.
    func reportNews() {
        while !pongs.isEmpty {
            let payload = pongs.removeFirst()
            delegate?.session(self, receivedPong: payload)
        }
        while !news.isEmpty {
            let list = news
            news.removeAll()
            for stream in list { report(stream) }
        }
    }

    private func report(_ stream: HTTP2Stream) {
        let items = stream.news
        stream.news = []
        // A stream that was opened and reset in one piece of input has never been there.
        if items.contains(.closed) {
            let owner = stream.delegate
            stream.delegate = nil
            owner?.streamClosed(stream, code: stream.closeCode)
            return
        }
        if items.contains(.opened), let request = stream.request, !isTerminating {
            stream.request = nil
            delegate?.session(self, received: request.result, on: stream)
        }
        if items.contains(.body), !stream.isClosed { stream.delegate?.streamHasBody(stream) }
        if items.contains(.drained), !stream.isClosed { stream.delegate?.streamIsWritable(stream) }
    }
}
