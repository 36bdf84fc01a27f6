internal import CNghttp2
internal import HTTPTypes

/// The owner of a client's session, called on the loop's thread, never from inside nghttp2.
package protocol HTTP2ClientSessionDelegate: AnyObject {
    /// Called once, when the server's settings have arrived: it speaks HTTP/2.
    func sessionIsReady(_ session: HTTP2ClientSession)
    /// Called when the server will accept no more requests on this connection (GOAWAY).
    func sessionIsGoingAway(_ session: HTTP2ClientSession, code: UInt32)
    /// Called when the server has acknowledged a PING.
    func sessionReceivedPong(_ session: HTTP2ClientSession)
}

/// The client's side of one connection of HTTP/2, without its socket: bytes come in through `receive`,
/// and go out through a `ByteOutput`.
///
/// It shares with the server's side what does not depend on the side: the bytes that wait
/// (`OutputBuffer`) and the form of header sections (`ResponseFields`). `close()` must be called at the
/// end. Belongs to the loop's thread.
@safe package final class HTTP2ClientSession {
    /// What a server may send before the client has taken it, in bytes.
    package struct Windows: Sendable {
        /// For each stream.
        package var stream = 1 << 20
        /// For all streams of the connection.
        package var connection = 16 << 20

        /// Makes the default windows.
        package init() {}
    }

    /// The owner. It is held until `close()`.
    package var delegate: (any HTTP2ClientSessionDelegate)?

    private var output: (any ByteOutput)?
    var raw: OpaquePointer?
    private var prepared = OutputBuffer()
    var streams: [Int32: HTTP2ClientStream] = [:]
    /// The streams that something was reported of by nghttp2.
    private var changed: [HTTP2ClientStream] = []
    var isReady = false
    var goAwayCode: UInt32?
    private var isInside = false
    /// What was not reported to the delegate yet.
    var news: (isReady: Bool, goAway: UInt32?, pongs: Int) = (false, nil, 0)

    /// The most bytes of names and values of one header section.
    static let sectionBytes = 64 << 10
    /// The most bytes that are prepared before the output has to take them.
    private static let preparedBytes = 256 << 10

    /// Makes the client's side of a connection. If there is no memory, it is finished from the start.
    package init(output: any ByteOutput, windows: Windows = Windows()) {
        self.output = output
        unsafe raw = unsafe makeClientSession(for: self)
        submitSettings(windows)
    }

    deinit { unsafe nghttp2_session_del(raw) }

    private func submitSettings(_ windows: Windows) {
        guard let raw = unsafe raw else { return }
        let entries = [
            (NGHTTP2_SETTINGS_ENABLE_PUSH, 0),
            (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, windows.stream),
            (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, Self.sectionBytes),
        ].map { id, value in
            nghttp2_settings_entry(
                settings_id: Int32(id.rawValue), value: UInt32(clamping: value))
        }
        unsafe nghttp2_submit_settings(
            raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries, entries.count)
        unsafe nghttp2_session_set_local_window_size(
            raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Int32(clamping: windows.connection))
    }

    /// How many streams are open.
    package var streamCount: Int { streams.count }

    /// Whether nothing more is sent or received: the connection can be closed.
    package var isFinished: Bool {
        guard let raw = unsafe raw else { return true }
        guard prepared.isEmpty else { return false }
        return unsafe nghttp2_session_want_read(raw) == 0
            && nghttp2_session_want_write(raw) == 0
    }

    /// Whether the server will accept no more requests.
    package var isGoingAway: Bool { goAwayCode != nil }

    /// Sends a request. Call `flush()` afterwards.
    /// - Returns: nil when the connection takes no more of them.
    package func send(_ request: HTTP2ClientRequest, delegate: any HTTP2ClientStreamDelegate)
        -> HTTP2ClientStream?
    {
        guard let raw = unsafe raw, !isGoingAway else { return nil }
        var source = unsafe requestContent()
        let fields = ResponseFields(request)
        let id = unsafe fields.withFields { list, count in
            unsafe nghttp2_submit_request(raw, nil, list, count, &source, nil)
        }
        guard id > 0 else { return nil }
        let stream = HTTP2ClientStream(id, body: request.body)
        stream.delegate = delegate
        streams[id] = stream
        return stream
    }

    /// Ends a stream at once: the server is told that its response is not needed.
    package func cancel(_ stream: HTTP2ClientStream) {
        guard let raw = unsafe raw, stream.closeCode == nil else { return }
        unsafe nghttp2_submit_rst_stream(
            raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, HTTP2ErrorCode.cancel)
    }

    /// Lets the server send as many bytes as were taken of a stream.
    package func consume(_ count: Int, of stream: HTTP2ClientStream) {
        guard let raw = unsafe raw, count > 0 else { return }
        if stream.closeCode == nil {
            unsafe nghttp2_session_consume(raw, stream.id, count)
        } else {
            unsafe nghttp2_session_consume_connection(raw, count)
        }
    }

    /// Sends a PING; the delegate is told when the server has acknowledged it.
    package func ping() {
        guard let raw = unsafe raw else { return }
        unsafe nghttp2_submit_ping(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil)
    }

    /// Parses bytes from the server, and then reports what they mean. Call `flush()` afterwards.
    /// - Returns: false when the server breaks the rules: the connection is to be closed.
    package func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let raw = unsafe raw, !isInside else { return false }
        isInside = true
        let count = unsafe nghttp2_session_mem_recv(
            raw, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        isInside = false
        report()
        return count >= 0
    }

    /// Sends what there is to send, as far as windows and output have room.
    /// - Returns: false when the connection has ended.
    package func flush() -> Bool {
        guard !isInside else { return true }
        while let raw = unsafe raw {
            guard write() else { break }
            isInside = true
            while prepared.count < Self.preparedBytes {
                var bytes: UnsafePointer<UInt8>?
                let count = unsafe nghttp2_session_mem_send(raw, &bytes)
                if count < 0 {
                    isInside = false
                    return false
                }
                guard count > 0 else { break }
                unsafe prepared.append(UnsafeRawBufferPointer(start: bytes, count: count))
            }
            isInside = false
            if prepared.isEmpty { break }
        }
        report()
        return unsafe raw != nil && !hasFailed
    }

    private var hasFailed = false

    /// Gives the prepared bytes to the output. Returns whether it took all of them.
    private func write() -> Bool {
        while !prepared.isEmpty {
            guard let output else { return false }
            let written = prepared.write(to: output)
            if written < 0 { hasFailed = true }
            if written <= 0 { return false }
        }
        return true
    }

    /// Ends everything at once: each stream is reported as closed, and nothing more is sent.
    package func close() {
        guard unsafe raw != nil else { return }
        let open = streams.values.sorted { $0.id < $1.id }
        streams = [:]
        output = nil
        for stream in open {
            stream.closeCode = HTTP2ClientStream.connectionLost
            mark(stream)
        }
        unsafe nghttp2_session_del(raw)
        unsafe raw = nil
        prepared = OutputBuffer()
        report()
        delegate = nil
    }

    func mark(_ stream: HTTP2ClientStream) {
        guard !stream.isReported else { return }
        stream.isReported = true
        changed.append(stream)
    }

    /// Reports what has happened. The delegates may cause more, which is reported too.
    private func report() {
        if news.isReady {
            news.isReady = false
            delegate?.sessionIsReady(self)
        }
        while news.pongs > 0 {
            news.pongs -= 1
            delegate?.sessionReceivedPong(self)
        }
        while !changed.isEmpty {
            let list = changed
            changed = []
            for stream in list {
                stream.isReported = false
                let owner = stream.delegate
                if stream.closeCode != nil { stream.delegate = nil }
                owner?.streamChanged(stream)
            }
        }
        if let code = news.goAway {
            news.goAway = nil
            delegate?.sessionIsGoingAway(self, code: code)
        }
    }
}
