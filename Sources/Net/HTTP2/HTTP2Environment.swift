internal import CNghttp2
internal import Glibc

/// What the sessions of one loop share: limits, clock, the callbacks of nghttp2, and the memory in
/// which it builds frames.
///
/// nghttp2 keeps 16 KiB for each session in which it builds one frame at a time. A session of this
/// room copies or sends each frame before it does anything else, so one buffer serves all sessions
/// of a thread. Belongs to the loop's thread.
@safe package final class HTTP2Environment {
    /// The limits of each session.
    package let limits: HTTP2Limits
    /// Returns the time on a clock that never goes back.
    let now: () -> Duration
    let callbacks: OpaquePointer?
    let options: OpaquePointer?
    private let frameBuffer: UnsafeMutableRawPointer
    private var isLending = false

    /// The size of the buffer that nghttp2 allocates for a session (`NGHTTP2_FRAMEBUF_CHUNKLEN`): a
    /// header, the length of padding, 16 KiB. If a version allocates another size, nothing is
    /// shared.
    private static let frameBufferBytes = 9 + 1 + 16384

    /// Makes what the sessions of one loop share.
    /// - Parameter now: the time on a clock that never goes back.
    package init(limits: HTTP2Limits, now: @escaping () -> Duration) {
        self.limits = limits.clamped()
        self.now = now
        unsafe frameBuffer = .allocate(byteCount: Self.frameBufferBytes, alignment: 16)
        unsafe callbacks = unsafe makeCallbacks()
        unsafe options = unsafe Self.makeOptions()
    }

    deinit {
        unsafe nghttp2_session_callbacks_del(callbacks)
        unsafe nghttp2_option_del(options)
        unsafe frameBuffer.deallocate()
    }

    private static func makeOptions() -> OpaquePointer? {
        var options: OpaquePointer?
        guard unsafe nghttp2_option_new(&options) == 0 else { return nil }
        // The window grows when the handler has taken the bytes.
        unsafe nghttp2_option_set_no_auto_window_update(options, 1)
        // No priority tree is kept.
        unsafe nghttp2_option_set_no_closed_streams(options, 1)
        // No table for responses: it would keep 4 KiB for each connection.
        unsafe nghttp2_option_set_max_deflate_dynamic_table_size(options, 0)
        // FloodGuard counts resets, so that the client reads ENHANCE_YOUR_CALM.
        unsafe nghttp2_option_set_stream_reset_rate_limit(options, 1 << 40, 1 << 40)
        return unsafe options
    }

    /// Makes a session of nghttp2.
    /// - Returns: nil when there is no memory.
    func makeSession(for owner: HTTP2Session) -> OpaquePointer? {
        guard let callbacks = unsafe callbacks, let options = unsafe options else { return nil }
        var memory = unsafe nghttp2_mem(
            mem_user_data: Unmanaged.passUnretained(self).toOpaque(), malloc: allocate,
            free: release, calloc: allocateZeroed, realloc: reallocate)
        var session: OpaquePointer?
        isLending = true
        defer { isLending = false }
        let code = unsafe nghttp2_session_server_new3(
            &session, callbacks, Unmanaged.passUnretained(owner).toOpaque(), options, &memory)
        return unsafe code == 0 ? session : nil
    }

    fileprivate func lend(_ size: Int) -> UnsafeMutableRawPointer? {
        guard isLending, size == Self.frameBufferBytes else { return nil }
        // Once for each session: a second buffer would be a CONTINUATION frame.
        isLending = false
        return unsafe frameBuffer
    }

    /// Returns memory that a session may resize, with the content of the shared buffer. nghttp2 has
    /// no need of it: no frame is above 16 KiB.
    fileprivate func copyOfFrameBuffer(_ size: Int) -> UnsafeMutableRawPointer? {
        guard let memory = unsafe malloc(size) else { return nil }
        unsafe memcpy(memory, frameBuffer, min(size, Self.frameBufferBytes))
        return unsafe memory
    }

    fileprivate func isLent(_ memory: UnsafeMutableRawPointer?) -> Bool {
        unsafe memory == frameBuffer
    }
}

private func environment(_ context: UnsafeMutableRawPointer?) -> HTTP2Environment? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<HTTP2Environment>.fromOpaque(context).takeUnretainedValue()
}

@c private func allocate(_ size: Int, _ context: UnsafeMutableRawPointer?)
    -> UnsafeMutableRawPointer?
{
    if let buffer = unsafe environment(context)?.lend(size) { return unsafe buffer }
    return unsafe malloc(size)
}

@c private func release(_ memory: UnsafeMutableRawPointer?, _ context: UnsafeMutableRawPointer?) {
    if unsafe environment(context)?.isLent(memory) == true { return }
    unsafe free(memory)
}

@c private func allocateZeroed(
    _ count: Int, _ size: Int, _ context: UnsafeMutableRawPointer?
) -> UnsafeMutableRawPointer? { unsafe calloc(count, size) }

@c private func reallocate(
    _ memory: UnsafeMutableRawPointer?, _ size: Int, _ context: UnsafeMutableRawPointer?
) -> UnsafeMutableRawPointer? {
    if unsafe memory == nil, let buffer = unsafe environment(context)?.lend(size) {
        return unsafe buffer
    }
    guard unsafe environment(context)?.isLent(memory) != true else {
        return unsafe environment(context)?.copyOfFrameBuffer(size)
    }
    return unsafe realloc(memory, size)
}
