internal import CNghttp2

/// Makes nghttp2's session of a client, with callbacks that pass what they get to its owner.
/// - Returns: nil when there is no memory.
func makeClientSession(for owner: HTTP2ClientSession) -> OpaquePointer? {
    var callbacks: OpaquePointer?
    var options: OpaquePointer?
    var session: OpaquePointer?
    defer {
        unsafe nghttp2_session_callbacks_del(callbacks)
        unsafe nghttp2_option_del(options)
    }
    guard unsafe nghttp2_session_callbacks_new(&callbacks) == 0,
        unsafe nghttp2_option_new(&options) == 0
    else { return nil }
    unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, onClientBeginHeaders)
    unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks, onClientHeader)
    unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, onClientFrameReceived)
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onClientDataChunk)
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onClientStreamClose)
    // The window grows when the owner has taken the bytes.
    unsafe nghttp2_option_set_no_auto_window_update(options, 1)
    unsafe nghttp2_option_set_no_closed_streams(options, 1)
    let code = unsafe nghttp2_session_client_new2(
        &session, callbacks, Unmanaged.passUnretained(owner).toOpaque(), options)
    return unsafe code == 0 ? session : nil
}

/// Returns what nghttp2 needs to ask for the body of a request.
func requestContent() -> nghttp2_data_provider {
    unsafe nghttp2_data_provider(source: nghttp2_data_source(), read_callback: onClientContent)
}

private func session(_ context: UnsafeMutableRawPointer?) -> HTTP2ClientSession? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<HTTP2ClientSession>.fromOpaque(context).takeUnretainedValue()
}

private func has(_ flags: UInt8, _ flag: nghttp2_flag) -> Bool {
    UInt32(flags) & flag.rawValue != 0
}

@c private func onClientBeginHeaders(
    _ raw: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let frame = unsafe frame else { return 0 }
    unsafe session(context)?.sectionBegins(frame.pointee.hd.stream_id)
    return 0
}

@c private func onClientHeader(
    _ raw: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
    _ name: UnsafePointer<UInt8>?, _ nameCount: Int,
    _ value: UnsafePointer<UInt8>?, _ valueCount: Int,
    _ flags: UInt8, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let frame = unsafe frame, let session = unsafe session(context) else { return 0 }
    let isTaken = unsafe session.fieldArrived(
        frame.pointee.hd.stream_id, UnsafeRawBufferPointer(start: name, count: nameCount),
        UnsafeRawBufferPointer(start: value, count: valueCount))
    return isTaken ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
}

@c private func onClientFrameReceived(
    _ raw: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let frame = unsafe frame, let session = unsafe session(context) else { return 0 }
    let header = unsafe frame.pointee.hd
    let endsStream = has(header.flags, NGHTTP2_FLAG_END_STREAM)
    switch nghttp2_frame_type(UInt32(header.type)) {
    case NGHTTP2_HEADERS: session.sectionEnds(header.stream_id, endsStream: endsStream)
    case NGHTTP2_DATA where endsStream: session.dataEnds(header.stream_id)
    case NGHTTP2_SETTINGS where !has(header.flags, NGHTTP2_FLAG_ACK): session.settingsArrived()
    case NGHTTP2_PING where has(header.flags, NGHTTP2_FLAG_ACK): session.pongArrived()
    case NGHTTP2_GOAWAY: session.goAwayArrived(code: unsafe frame.pointee.goaway.error_code)
    default: break
    }
    return 0
}

@c private func onClientDataChunk(
    _ raw: OpaquePointer?, _ flags: UInt8, _ stream: Int32,
    _ bytes: UnsafePointer<UInt8>?, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe session(context)?.bytesArrived(
        stream, UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

@c private func onClientStreamClose(
    _ raw: OpaquePointer?, _ stream: Int32, _ code: UInt32, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe session(context)?.streamEnds(stream, code: code)
    return 0
}

@c private func onClientContent(
    _ raw: OpaquePointer?, _ stream: Int32, _ buffer: UnsafeMutablePointer<UInt8>?,
    _ limit: Int, _ flags: UnsafeMutablePointer<UInt32>?,
    _ source: UnsafeMutablePointer<nghttp2_data_source>?, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let session = unsafe session(context), let flags = unsafe flags else {
        return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
    }
    let (count, isLast) = unsafe session.content(
        of: stream, into: UnsafeMutableRawBufferPointer(start: buffer, count: limit))
    if isLast { unsafe flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
    return count
}
