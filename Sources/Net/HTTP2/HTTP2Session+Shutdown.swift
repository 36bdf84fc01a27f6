internal import CNghttp2

/// The end of a connection in good order, and what the owner needs for its deadlines.
extension HTTP2Session {
    /// Announces that the connection will end: the client opens no new streams, but those that are
    /// on their way are still accepted (RFC 9113 §6.8). Call `refuseStreams()` about one round trip
    /// later.
    package func announceShutdown() {
        unsafe submit { raw in unsafe nghttp2_submit_shutdown_notice(raw) }
    }

    /// Refuses new streams. The open ones continue, and the session is finished when the last has
    /// ended.
    package func refuseStreams() {
        unsafe submit { raw in
            let last = unsafe nghttp2_session_get_last_proc_stream_id(raw)
            return unsafe nghttp2_submit_goaway(
                raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, NGHTTP2_NO_ERROR.rawValue, nil, 0)
        }
    }

    /// Sends a PING. The delegate gets its payload when the client has acknowledged it.
    package func ping(_ payload: UInt64) {
        unsafe submit { raw in
            var payload = payload
            return unsafe withUnsafeBytes(of: &payload) { bytes in
                unsafe nghttp2_submit_ping(
                    raw, UInt8(NGHTTP2_FLAG_NONE.rawValue),
                    bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
            }
        }
    }

    /// Since when the response that waits longest has made no progress: its client has taken less
    /// than 64 KiB since then. Nil when none waits. Streams of frames do not count, because a slow
    /// reader may take its time.
    package var oldestBlockedWrite: Duration? { streams.values.compactMap(\.blockedSince).min() }

    /// Whether a response waits for its client.
    var hasBlockedWrite: Bool { streams.values.contains { $0.blockedSince != nil } }

    /// How many frames nghttp2 has made that were not prepared yet.
    var waitingFrameCount: Int {
        guard let raw = unsafe raw else { return 0 }
        return unsafe nghttp2_session_get_outbound_queue_size(raw)
    }

    /// Returns the streams whose response has made no progress since `deadline`.
    package func streams(blockedSince deadline: Duration) -> [HTTP2Stream] {
        streams.values.filter { $0.blockedSince.map { $0 <= deadline } ?? false }
    }
}
