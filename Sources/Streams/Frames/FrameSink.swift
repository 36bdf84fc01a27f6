/// The port of an open stream: where the frames of one subscriber go. A socket that a response has
/// taken over is one, a stream of HTTP/2 another.
///
/// Belongs to the loop's thread. No call waits.
public protocol FrameSink: AnyObject {
    /// How frames are delimited on this stream.
    var framing: Frame.Framing { get }

    /// Who is told when there is room again or the stream has ended. Not held: the owner sets it to
    /// nil before it goes.
    var owner: (any FrameSinkOwner)? { get set }

    /// Whether the stream has ended.
    var isClosed: Bool { get }

    /// How many bytes have left, including the header of the response.
    var bytesSent: Int { get }

    /// Takes as much of `run` as there is room for. The caller keeps the rest, and is told as soon as
    /// there is room again.
    /// - Returns: how many bytes were taken; 0 also when the stream has ended.
    func send(_ run: FrameRun) -> Int

    /// Replaces the fields that follow the body, where the protocol has such: HTTP/2. Call it before
    /// `finish`.
    func setTrailers(_ fields: [(name: String, value: String)])

    /// Says why the stream is about to end, where its protocol has a place for it after the body.
    /// - Parameter reason: visible ASCII and spaces, without a percent sign.
    func setEndReason(_ reason: String)

    /// Ends the stream in good order. Call it only when everything has been taken.
    func finish()

    /// Ends the stream at once.
    func abort()

    /// Checks the connection of a stream whose format has no heartbeat, where its protocol can:
    /// HTTP/2 sends a PING. Call it at intervals.
    func ping()

    /// Ends the stream if its peer has vanished: it has acknowledged nothing for `timeout` although
    /// it should. Call it at intervals.
    func inspectPeer(_ timeout: Duration)
}

extension FrameSink {
    /// Does nothing.
    public func setTrailers(_ fields: [(name: String, value: String)]) {}

    /// Does nothing.
    public func ping() {}

    /// Does nothing.
    public func setEndReason(_ reason: String) {}
}

/// The owner of an open stream, called on the loop's thread.
public protocol FrameSinkOwner: AnyObject {
    /// Called when the stream takes bytes again.
    func sinkIsWritable()

    /// Called once, when the stream has ended.
    func sinkClosed()
}
