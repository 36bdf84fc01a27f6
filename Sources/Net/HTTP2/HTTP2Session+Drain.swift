internal import CNghttp2

/// Requests that are answered before their body is complete.
///
/// RFC 9113 §8.1 lets a server send RST_STREAM with NO_ERROR after such a response. A client that is
/// still sending then may take the reset for the end of its request: curl 7.88 reports an error
/// instead of the response that it has received. So the reset waits for a time. What the client
/// sends meanwhile is discarded, and its window for the stream does not grow: it is at most
/// `HTTP2Limits.streamWindow`.
extension HTTP2Session {
    /// A frame that ends the response was sent.
    func responseEnded(_ id: Int32) {
        guard let raw = unsafe raw, let stream = streams[id] else { return }
        stream.blockedSince = nil
        guard unsafe nghttp2_session_get_stream_remote_close(raw, id) == 0 else { return }
        if !stream.body.isEmpty {
            unsafe nghttp2_session_consume_connection(raw, stream.body.count)
            stream.body = []
        }
        drains.removeAll { streams[$0.id]?.isDraining != true }
        stream.isDraining = true
        drains.append((id, environment.now()))
    }

    /// Since when the client of the oldest such response has been sending; nil when there is none.
    package var oldestDrain: Duration? {
        drains.first { streams[$0.id]?.isDraining == true }?.since
    }

    /// Tells clients whose response was complete at `time` or before that the rest of their body is
    /// not needed.
    package func endDrains(since time: Duration) {
        while let drain = drains.first, drain.since <= time {
            drains.removeFirst()
            guard let stream = streams[drain.id], stream.isDraining else { continue }
            reset(stream, code: NGHTTP2_NO_ERROR.rawValue)
        }
    }
}
