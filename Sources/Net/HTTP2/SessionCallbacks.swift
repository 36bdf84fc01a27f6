internal import CNghttp2

/// Makes the callbacks of nghttp2, which each pass what they get to the session.
/// - Returns: nil when there is no memory.
func makeCallbacks() -> OpaquePointer? {
    var callbacks: OpaquePointer?
    guard unsafe nghttp2_session_callbacks_new(&callbacks) == 0 else { return nil }
    unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, onBeginHeaders)
    unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader)
    unsafe nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, onInvalidHeader)
    unsafe nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, onBeginFrame)
    unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, onInvalidFrame)
    unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, onFrameReceived)
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onDataChunk)
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onStreamClose)
    unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, onFrameSent)
    unsafe nghttp2_session_callbacks_set_send_data_callback(callbacks, onSendData)
    return unsafe callbacks
}

/// Returns what nghttp2 needs to ask a stream for the content of its response. The session holds
/// the stream for as long as nghttp2 asks.
func contentSource(of stream: HTTP2Stream) -> nghttp2_data_provider {
    unsafe nghttp2_data_provider(
        source: nghttp2_data_source(ptr: Unmanaged.passUnretained(stream).toOpaque()),
        read_callback: onContent)
}

private func session(_ context: UnsafeMutableRawPointer?) -> HTTP2Session? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<HTTP2Session>.fromOpaque(context).takeUnretainedValue()
}

private func has(_ flags: UInt8, _ flag: nghttp2_flag) -> Bool {
    UInt32(flags) & flag.rawValue != 0
}

private func isType(_ header: nghttp2_frame_hd, _ type: nghttp2_frame_type) -> Bool {
    UInt32(header.type) == type.rawValue
}

@c private func onBeginHeaders(
    _ raw: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let frame = unsafe frame, isType(unsafe frame.pointee.hd, NGHTTP2_HEADERS) else {
        return 0
    }
    unsafe session(context)?.headersBegin(
        frame.pointee.hd.stream_id,
        isRequest: frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST)
    return 0
}

@c private func onHeader(
    _ raw: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
    _ name: UnsafePointer<UInt8>?, _ nameCount: Int,
    _ value: UnsafePointer<UInt8>?, _ valueCount: Int,
    _ flags: UInt8, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let frame = unsafe frame else { return 0 }
    let error = unsafe session(context)?.headerArrived(
        frame.pointee.hd.stream_id,
        UnsafeRawBufferPointer(start: name, count: nameCount),
        UnsafeRawBufferPointer(start: value, count: valueCount))
    return error.map { $0.rawValue } ?? 0
}

/// A name or value that RFC 9113 §8.2.1 forbids makes the request malformed; nghttp2 would leave the
/// field out.
@c private func onInvalidHeader(
    _ raw: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
    _ name: UnsafePointer<UInt8>?, _ nameCount: Int,
    _ value: UnsafePointer<UInt8>?, _ valueCount: Int,
    _ flags: UInt8, _ context: UnsafeMutableRawPointer?
) -> Int32 { NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue }

@c private func onBeginFrame(
    _ raw: OpaquePointer?, _ header: UnsafePointer<nghttp2_frame_hd>?,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let header = unsafe header, let session = unsafe session(context) else { return 0 }
    return unsafe session.frameBegins(type: header.pointee.type)
        ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
}

@c private func onInvalidFrame(
    _ raw: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ code: Int32,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let header = unsafe frame?.pointee.hd else { return 0 }
    unsafe session(context)?.frameIsInvalid(header.stream_id)
    return 0
}

@c private func onFrameReceived(
    _ raw: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let frame = unsafe frame, let session = unsafe session(context) else { return 0 }
    let header = unsafe frame.pointee.hd
    let endsStream = has(header.flags, NGHTTP2_FLAG_END_STREAM)
    switch nghttp2_frame_type(UInt32(header.type)) {
    case NGHTTP2_HEADERS: session.headersEnd(header.stream_id, endsStream: endsStream)
    case NGHTTP2_DATA:
        session.dataEnd(
            header.stream_id, byteCount: unsafe header.length - frame.pointee.data.padlen,
            endsStream: endsStream)
    case NGHTTP2_PING where has(header.flags, NGHTTP2_FLAG_ACK):
        let bytes = unsafe frame.pointee.ping.opaque_data
        session.addPong(unsafe unsafeBitCast(bytes, to: UInt64.self))
    default: break
    }
    return 0
}

@c private func onDataChunk(
    _ raw: OpaquePointer?, _ flags: UInt8, _ stream: Int32,
    _ bytes: UnsafePointer<UInt8>?, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe session(context)?.bodyArrived(
        stream, UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

@c private func onStreamClose(
    _ raw: OpaquePointer?, _ stream: Int32, _ code: UInt32, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe session(context)?.streamEnded(stream, code: code)
    return 0
}

@c private func onFrameSent(
    _ raw: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let header = unsafe frame?.pointee.hd,
        isType(header, NGHTTP2_DATA) || isType(header, NGHTTP2_HEADERS),
        has(header.flags, NGHTTP2_FLAG_END_STREAM)
    else { return 0 }
    unsafe session(context)?.responseEnded(header.stream_id)
    return 0
}

@c private func onContent(
    _ raw: OpaquePointer?, _ stream: Int32, _ buffer: UnsafeMutablePointer<UInt8>?,
    _ limit: Int, _ flags: UnsafeMutablePointer<UInt32>?,
    _ source: UnsafeMutablePointer<nghttp2_data_source>?, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let session = unsafe session(context), let pointer = unsafe source?.pointee.ptr,
        let flags = unsafe flags
    else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
    let stream = unsafe Unmanaged<HTTP2Stream>.fromOpaque(pointer).takeUnretainedValue()
    return unsafe session.content(of: stream, limit: limit, flags: &flags.pointee)
}

@c private func onSendData(
    _ raw: OpaquePointer?, _ frame: UnsafeMutablePointer<nghttp2_frame>?,
    _ header: UnsafePointer<UInt8>?, _ count: Int,
    _ source: UnsafeMutablePointer<nghttp2_data_source>?, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let header = unsafe frame?.pointee.hd else { return 0 }
    unsafe session(context)?.contentIsComplete(
        DataHeader(
            stream: header.stream_id, length: count,
            endsStream: has(header.flags, NGHTTP2_FLAG_END_STREAM)))
    return 0
}
