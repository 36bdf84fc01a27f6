import CNghttp2

/// A client session of nghttp2, which checks what the server sends.
public final class HTTP2Client {
    public struct Response: Sendable {
        public var status = ""
        public var fields: [(String, String)] = []
        public var trailers: [(String, String)] = []
        public var body: [UInt8] = []
        public var hasEnded = false
        public var closeCode: UInt32?
        /// Whether the final header section has arrived.
        public var hasHead = false
        public var statuses: [String] = []
    }

    private var raw: OpaquePointer?
    public var responses: [Int32: Response] = [:]
    public var goAways: [UInt32] = []
    /// The bytes of requests' bodies that were not sent yet; the body ends with them.
    private var bodies: [Int32: [UInt8]] = [:]
    /// Received bytes for which no WINDOW_UPDATE was permitted yet.
    public private(set) var unconsumed: [Int32: Int] = [:]
    /// Whether the windows grow as bytes arrive.
    public var consumes = true
    public private(set) var hasFailed = false

    /// - Parameter window: the first window of each stream.
    public init(window: UInt32 = 65535, connectionWindow: Int32 = 65535) {
        var callbacks: OpaquePointer?
        nghttp2_session_callbacks_new(&callbacks)
        var options: OpaquePointer?
        nghttp2_option_new(&options)
        nghttp2_option_set_no_auto_window_update(options, 1)
        nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, frame, name, nameCount, value, valueCount, _, context in
            HTTP2Client.of(context)?.header(
                frame?.pointee, text(name, nameCount), text(value, valueCount))
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, context in
            HTTP2Client.of(context)?.received(frame?.pointee)
            return 0
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
            _, _, stream, bytes, count, context in
            HTTP2Client.of(context)?.data(stream, UnsafeBufferPointer(start: bytes, count: count))
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) {
            _, stream, code, context in
            HTTP2Client.of(context)?.responses[stream, default: Response()].closeCode = code
            return 0
        }
        nghttp2_session_client_new2(
            &raw, callbacks, Unmanaged.passUnretained(self).toOpaque(), options)
        nghttp2_session_callbacks_del(callbacks)
        nghttp2_option_del(options)
        let setting = nghttp2_settings_entry(
            settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue), value: window)
        nghttp2_submit_settings(raw, 0, [setting], 1)
        nghttp2_session_set_local_window_size(raw, 0, 0, connectionWindow)
    }

    deinit { nghttp2_session_del(raw) }

    private static func of(_ context: UnsafeMutableRawPointer?) -> HTTP2Client? {
        context.map { Unmanaged<HTTP2Client>.fromOpaque($0).takeUnretainedValue() }
    }

    private func header(_ frame: nghttp2_frame?, _ name: String, _ value: String) {
        guard let frame else { return }
        let id = frame.hd.stream_id
        var response = responses[id] ?? Response()
        if name == ":status" {
            response.status = value
            response.statuses.append(value)
            response.hasHead = !value.hasPrefix("1")
        } else if frame.headers.cat == NGHTTP2_HCAT_RESPONSE || !response.hasHead
            || (frame.hd.flags & 1 == 0)
        {
            response.fields.append((name, value))
        } else {
            response.trailers.append((name, value))
        }
        responses[id] = response
    }

    private func received(_ frame: nghttp2_frame?) {
        guard let frame else { return }
        switch nghttp2_frame_type(UInt32(frame.hd.type)) {
        case NGHTTP2_DATA, NGHTTP2_HEADERS:
            if frame.hd.flags & 1 != 0 { responses[frame.hd.stream_id]?.hasEnded = true }
        case NGHTTP2_GOAWAY: goAways.append(frame.goaway.error_code)
        default: break
        }
    }

    private func data(_ stream: Int32, _ bytes: UnsafeBufferPointer<UInt8>) {
        responses[stream, default: Response()].body += bytes
        if consumes {
            nghttp2_session_consume(raw, stream, bytes.count)
        } else {
            unconsumed[stream, default: 0] += bytes.count
        }
    }

    /// Lets the server send `count` more bytes on a stream.
    public func consume(_ count: Int, of stream: Int32) {
        let count = min(count, unconsumed[stream] ?? 0)
        unconsumed[stream, default: 0] -= count
        nghttp2_session_consume(raw, stream, count)
    }

    /// Sends a request.
    /// - Parameter body: nil for a request that ends with its header section.
    public func request(
        _ path: String, method: String = "GET", fields: [(String, String)] = [],
        body: [UInt8]? = nil
    ) -> Int32 {
        let all =
            [
                (":method", method), (":scheme", "http"), (":path", path),
                (":authority", "localhost"),
            ] + fields
        var provider = nghttp2_data_provider(
            source: nghttp2_data_source(fd: 0),
            read_callback: { _, stream, buffer, limit, flags, _, context in
                HTTP2Client.of(context)?.fill(
                    stream, UnsafeMutableBufferPointer(start: buffer, count: limit), flags) ?? 0
            })
        let id = withFields(all) { fields, count in
            withUnsafePointer(to: &provider) { provider in
                nghttp2_submit_request(
                    raw, nil, fields, count, body == nil ? nil : provider, nil)
            }
        }
        bodies[id] = body
        responses[id] = Response()
        return id
    }

    private func fill(
        _ stream: Int32, _ buffer: UnsafeMutableBufferPointer<UInt8>,
        _ flags: UnsafeMutablePointer<UInt32>?
    ) -> Int {
        let body = bodies[stream] ?? []
        let count = min(body.count, buffer.count)
        _ = buffer.update(fromContentsOf: body.prefix(count))
        bodies[stream] = Array(body.dropFirst(count))
        if count == body.count { flags?.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
        return count
    }

    public func reset(_ stream: Int32) { nghttp2_submit_rst_stream(raw, 0, stream, 8) }

    /// Returns what the client sends.
    public func output() -> [UInt8] {
        var all: [UInt8] = []
        while true {
            var bytes: UnsafePointer<UInt8>?
            let count = nghttp2_session_mem_send(raw, &bytes)
            guard count > 0 else { return all }
            all += UnsafeBufferPointer(start: bytes, count: count)
        }
    }

    /// Receives what the server has sent.
    public func receive(_ bytes: [UInt8]) {
        let count = bytes.withUnsafeBufferPointer {
            nghttp2_session_mem_recv(raw, $0.baseAddress, $0.count)
        }
        if count != bytes.count { hasFailed = true }
    }
}

private func text(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> String {
    String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
}

private func withFields<Result>(
    _ fields: [(String, String)], _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result
) -> Result {
    var bytes = fields.flatMap { Array($0.0.utf8) + Array($0.1.utf8) }
    return bytes.withUnsafeMutableBufferPointer { bytes in
        var list: [nghttp2_nv] = []
        guard var start = bytes.baseAddress else { return body(nil, 0) }
        for (name, value) in fields {
            list.append(
                nghttp2_nv(
                    name: start, value: start + name.utf8.count, namelen: name.utf8.count,
                    valuelen: value.utf8.count, flags: 0))
            start += name.utf8.count + value.utf8.count
        }
        return body(list, list.count)
    }
}
