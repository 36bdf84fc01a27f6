package import Frames
package import HTTPTypes

/// The owner of a stream, called on the loop's thread.
package protocol HTTP2StreamDelegate: AnyObject {
    /// Called when bytes of the request's body have arrived, or its end.
    func streamHasBody(_ stream: HTTP2Stream)
    /// Called when a `send` that took less than all can continue, and when so much of the response
    /// was sent that it is no longer `isAboveHighWater`. It is called while the session is making
    /// frames: do here only what makes bytes for this stream.
    func streamIsWritable(_ stream: HTTP2Stream)
    /// Called once, when the stream has ended.
    /// - Parameter code: the error code (RFC 9113 §7); 0 when the stream has ended in good order.
    func streamClosed(_ stream: HTTP2Stream, code: UInt32)
}

/// A request and its response. Belongs to the loop's thread.
package final class HTTP2Stream {
    /// The number of the stream on its connection.
    package let id: Int32
    /// The owner. It is held until the stream has ended.
    package var delegate: (any HTTP2StreamDelegate)?

    /// The session; nil when the stream has ended.
    var session: HTTP2Session?
    /// What has happened and was not reported to the delegate yet.
    var news = News()

    /// The request, until it was reported to the session's delegate.
    var request: PendingRequest?
    /// The bytes of the body that the handler has not taken.
    var body: [UInt8] = []
    /// Whether the client has ended its side.
    var hasRequestEnded = false
    /// The fields after the body of the request, if there were any.
    package internal(set) var trailers: HTTPFields?

    /// The bytes of the response that wait for the window.
    var queue = ByteQueue()
    /// How far the response is.
    var phase = Phase.waiting
    /// The fields after the body of the response.
    var responseTrailers: HTTPFields?
    /// Whether nghttp2 waits until it is told that there are bytes.
    var isDeferred = false
    /// Whether the last `send` took less than all.
    var wantsRoom = false
    /// Whether the session's owner has reset the stream.
    var wasReset = false
    /// Whether the response is complete, and what still comes of the request is discarded.
    var isDraining = false
    /// The bytes that were sent without nghttp2, which does not know of them yet.
    var unsettledBytes = 0
    /// Since when the client has taken less than `progressBytes`; nil when nothing waits.
    var blockedSince: Duration?
    private var progress = 0

    /// How far a response is.
    enum Phase {
        /// Its header section was not sent.
        case waiting
        /// It is being sent.
        case open
        /// Nothing is added to it.
        case ending
    }

    /// A request apart from its stream, whose memory stays small.
    final class PendingRequest {
        let result: Result<HTTP2Request, HTTP2RequestError>
        init(_ result: Result<HTTP2Request, HTTP2RequestError>) { self.result = result }
    }

    /// What has happened.
    struct News: OptionSet {
        let rawValue: UInt8
        static let body = News(rawValue: 1)
        static let drained = News(rawValue: 2)
        static let closed = News(rawValue: 4)
        static let opened = News(rawValue: 8)
    }

    init(_ id: Int32, _ session: HTTP2Session) {
        self.id = id
        self.session = session
    }

    /// The error code with which the stream has ended.
    private(set) var closeCode: UInt32 = 0

    /// Whether the stream has ended.
    package var isClosed: Bool { session == nil }

    /// Whether the client has ended its side and the handler has taken all of the body.
    package var isBodyComplete: Bool { hasRequestEnded && body.isEmpty }

    /// How many bytes of the request's body wait for the handler.
    package var bufferedBodyCount: Int { body.count }

    /// How many bytes of the response wait for the client.
    package var queuedCount: Int { queue.count }

    /// Returns all of the request's body that has arrived, and lets the client send as much again.
    /// The array is empty when nothing has arrived.
    package func takeBody() -> [UInt8] {
        let bytes = body
        body = []
        if !bytes.isEmpty { session?.consume(bytes.count, of: self) }
        return bytes
    }

    /// Takes as much of `run` as there is room for now: in the windows of the stream and of the
    /// connection, and in the output. The rest stays with the caller, whose `streamIsWritable` is
    /// called when there is room again. The response must have begun and not be ended.
    /// - Returns: how many bytes were taken.
    package func send(_ run: FrameRun) -> Int {
        guard let session, phase == .open else { return 0 }
        return session.send(run, on: self)
    }

    /// Ends the stream at once.
    /// - Parameter code: the error code for the client (RFC 9113 §7).
    package func reset(code: UInt32) { session?.reset(self, code: code) }

    /// Records that bytes wait, or that `count` of them were sent.
    func recordProgress(_ count: Int, at now: () -> Duration) {
        guard !queue.isEmpty || phase == .ending else {
            blockedSince = nil
            return
        }
        progress += count
        if blockedSince == nil || progress >= Self.progressBytes {
            progress = 0
            blockedSince = now()
        }
    }

    /// A client that takes fewer bytes until the deadline has not made progress.
    private static let progressBytes = 64 << 10

    /// Leaves the session, which has ended the stream.
    func close(code: UInt32) {
        session = nil
        closeCode = code
        queue.removeAll()
        body = []
        request = nil
        blockedSince = nil
        wantsRoom = false
    }
}
