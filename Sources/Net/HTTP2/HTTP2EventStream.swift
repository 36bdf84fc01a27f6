internal import Frames
internal import HTTPTypes

/// A response of unlimited length over HTTP/2: one stream of a connection that others share. Frames
/// leave without a copy, as far as the windows allow. Belongs to the loop's thread.
final class HTTP2EventStream: FrameSink {
    let framing = Frame.Framing.plain
    unowned var owner: (any FrameSinkOwner)?
    private(set) var bytesSent = 0
    private(set) var isClosed = true

    /// The bytes that a client may send on an open stream before the stream is closed.
    private static let inputLimit = 4096

    private let stream: HTTP2Stream
    private var input: Int32 = 0
    private unowned let connection: HTTP2Connection
    /// The fields after the body; nil for none.
    private var trailers: HTTPFields?

    /// The field of a reason, in the trailers of gRPC.
    private static let reasonField = HTTPField.Name("grpc-message")

    /// Makes a stream that has ended, until `open` is called.
    /// - Parameter trailers: fields after the body.
    init(_ stream: HTTP2Stream, _ connection: HTTP2Connection, trailers: HTTPFields) {
        self.trailers = trailers.isEmpty ? nil : trailers
        self.stream = stream
        self.connection = connection
    }

    /// - Parameter count: how many bytes of the body were written.
    func open(_ count: Int) {
        isClosed = false
        bytesSent = count
        if stream.bufferedBodyCount > 0 { streamHasBody(stream) }
    }

    func send(_ run: FrameRun) -> Int {
        guard !isClosed else { return 0 }
        let count = stream.send(run)
        bytesSent += count
        return count
    }

    func setTrailers(_ fields: [(name: String, value: String)]) {
        var trailers = HTTPFields()
        for (name, value) in fields {
            if let name = HTTPField.Name(name) { trailers[name] = value }
        }
        self.trailers = trailers
    }

    func setEndReason(_ reason: String) {
        guard let name = Self.reasonField, trailers?[name] != nil else { return }
        trailers?[name] = reason
    }

    func finish() { if !isClosed { stream.finish(trailers: trailers) } }

    func ping() { if !isClosed { connection.ping() } }

    func abort() {
        guard !isClosed else { return }
        isClosed = true
        stream.delegate = nil
        stream.reset(code: HTTP2ErrorCode.cancel)
        owner?.sinkClosed()
    }

    func inspectPeer(_ timeout: Duration) {
        if !isClosed { connection.inspectPeer(timeout) }
    }
}

extension HTTP2EventStream: HTTP2StreamDelegate {
    /// What the client still sends on its side is discarded; above the limit the stream ends.
    func streamHasBody(_ stream: HTTP2Stream) {
        input += Int32(clamping: stream.takeBody().count)
        if input > Self.inputLimit { abort() }
    }

    func streamIsWritable(_ stream: HTTP2Stream) { if !isClosed { owner?.sinkIsWritable() } }

    func streamClosed(_ stream: HTTP2Stream, code: UInt32) {
        guard !isClosed else { return }
        isClosed = true
        owner?.sinkClosed()
    }
}
