/// Counts the frames that cost the server more than the client, and says when there are too many:
/// rapid resets, and floods of PING, SETTINGS, PRIORITY, WINDOW_UPDATE and empty DATA (RFC 9113
/// §10.5).
struct FloodGuard {
    /// A token bucket: `burst` at once, `perSecond` more in each second.
    private struct Bucket {
        private let burst: Int
        private let perSecond: Int
        private var level: Int
        private var filled: Duration

        init(_ rate: HTTP2Limits.Rate, at now: Duration) {
            burst = max(1, min(rate.burst, 1 << 30))
            perSecond = max(0, min(rate.perSecond, 1 << 30))
            level = burst
            filled = now
        }

        /// Takes `count` tokens.
        /// - Returns: false when there are not enough.
        mutating func take(_ count: Int, at now: () -> Duration) -> Bool {
            if level < count { refill(at: now()) }
            guard level >= count else { return false }
            level -= count
            return true
        }

        mutating func add(_ count: Int) { level = min(burst, level + count) }

        // The clock is read only when the bucket is empty. A bucket that was not refilled for long
        // has then earned at most its size.
        private mutating func refill(at now: Duration) {
            let seconds = (now - filled) / .seconds(1)
            guard seconds > 0, perSecond > 0 else { return }
            let earned = min(seconds * Double(perSecond), Double(burst))
            guard earned >= 1 else { return }
            add(Int(earned))
            filled = now
        }
    }

    /// What a frame that a client may repeat costs; SETTINGS can change all streams.
    static let settingsCost = 10
    /// The smallest DATA frame that permits a client more frames: it may acknowledge each with two
    /// WINDOW_UPDATEs, and ping.
    private static let creditedBytes = 64
    private static let creditPerFrame = 3

    private var controlFrames: Bucket
    private var resets: Bucket

    init(_ limits: HTTP2Limits, at now: Duration) {
        controlFrames = Bucket(limits.controlFrames, at: now)
        resets = Bucket(limits.resets, at: now)
    }

    /// Counts frames without content.
    /// - Returns: false when there were too many.
    mutating func recordControl(cost: Int = 1, at now: () -> Duration) -> Bool {
        controlFrames.take(cost, at: now)
    }

    /// Counts a stream that the client has aborted.
    /// - Returns: false when there were too many.
    mutating func recordReset(at now: () -> Duration) -> Bool { resets.take(1, at: now) }

    /// Permits the client to acknowledge a DATA frame with `byteCount` bytes.
    mutating func creditData(_ byteCount: Int) {
        if byteCount >= Self.creditedBytes { controlFrames.add(Self.creditPerFrame) }
    }
}
