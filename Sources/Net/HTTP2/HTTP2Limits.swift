package import HTTPServer

/// The limits of size and number for one connection of HTTP/2.
package struct HTTP2Limits: Sendable {
    /// The most streams that a client may have open (RFC 9113 §5.1.2).
    package var concurrentStreams = 100
    /// The longest method and target together, in bytes. A longer one is refused with 414.
    package var requestLineBytes = 8 << 10
    /// The longest header section, in bytes of names and values. A longer one is refused with 431,
    /// and one above four times this value resets the stream.
    package var headerBytes = 16 << 10
    /// The most fields in a header or trailer section; values above 10,000 count as 10,000.
    package var headerCount = 100
    /// How many bytes of a request's body may wait for its handler.
    package var streamWindow = 64 << 10
    /// How many bytes of all bodies of a connection may wait for their handlers.
    package var connectionWindow = 1 << 20
    /// The most bytes of the HPACK table for requests (RFC 7541 §4.2).
    package var headerTableBytes = 4096
    /// How many bytes a session prepares before its output takes them.
    package var preparedBytes = 64 << 10
    /// The queued bytes of a response above which its writer waits.
    package var responseBytes = 256 << 10
    /// How many frames without content a client may send at once, and in each second: SETTINGS,
    /// PING, PRIORITY, WINDOW_UPDATE, empty DATA and CONTINUATION. DATA that it receives permits
    /// it more of them.
    package var controlFrames = Rate(burst: 1000, perSecond: 100)
    /// How many streams a client may abort at once, and in each second: by RST_STREAM, or by
    /// making the server reset them.
    package var resets = Rate(burst: 500, perSecond: 50)

    /// A number at once, and a number in each second.
    package struct Rate: Sendable {
        /// How many may come at once.
        package var burst: Int
        /// How many more are permitted in each second.
        package var perSecond: Int

        /// Makes a rate.
        package init(burst: Int, perSecond: Int) {
            self.burst = burst
            self.perSecond = perSecond
        }
    }

    /// Makes the default limits.
    package init() {}

    /// Returns limits with which no sum overflows, and no window exceeds what RFC 9113 §6.9.1
    /// allows.
    func clamped() -> HTTP2Limits {
        var limits = self
        for path in [
            \HTTP2Limits.concurrentStreams, \.requestLineBytes, \.headerBytes, \.headerCount,
            \.streamWindow, \.connectionWindow, \.headerTableBytes, \.preparedBytes,
            \.responseBytes,
        ] { limits[keyPath: path] = max(0, min(limits[keyPath: path], 1 << 28)) }
        // Less would not hold one frame.
        limits.preparedBytes = max(limits.preparedBytes, 16 << 10)
        return limits
    }
}

extension HTTP2Limits {
    /// Makes limits that treat a request as HTTP/1.1 does.
    package init(_ limits: HTTPLimits) {
        self.init()
        requestLineBytes = limits.requestLineBytes
        headerBytes = limits.headerBytes
        headerCount = limits.headerCount
    }
}
