public import Glibc

/// A connection as a stream of bytes in both directions: the only place where a socket is read or
/// written. `SocketStream` is the plain one; another one may encrypt.
///
/// Belongs to the loop's thread. Never waits.
public protocol ByteStream: AnyObject {
    /// The loop that watches the stream.
    var loop: EventLoop { get }

    /// Who is told when there is something to read, or room to write. Not held.
    var handler: (any ByteStreamHandler)? { get set }

    /// Whether the stream was closed on this side.
    var isClosed: Bool { get }

    /// Whether the kernel has all that `write` has taken. A stream that encrypts may hold some of it
    /// back; closing it would lose that.
    var isFlushed: Bool { get }

    /// Whether the peer still uses the connection, as far as the kernel knows. Reads nothing.
    var peerState: PeerState { get }

    /// How many written bytes the peer has not acknowledged.
    var unacknowledgedCount: Int { get }

    /// Reads what has arrived.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult

    /// Writes the pieces in their order, as far as there is room, with one system call.
    func write(_ pieces: UnsafeBufferPointer<iovec>) -> WriteResult

    /// Starts to call `streamIsReadable()` whenever there is something to read.
    func watchReads()

    /// Stops to call `streamIsReadable()`. What arrives stays in the kernel, whose flow control makes
    /// the peer wait.
    func ignoreReads()

    /// Requests one call of `streamIsWritable()`, as soon as there is room to write.
    func awaitWritable()

    /// Returns whether the peer has acknowledged nothing for `time` although it should.
    func isUnanswered(for time: Duration) -> Bool

    /// Ends the sending side. The peer reads the end of the stream after what was written.
    func shutdownWrites()

    /// Closes the stream. The handler is not called afterwards.
    func close()
}

/// The owner of a stream, called on the loop's thread.
public protocol ByteStreamHandler: AnyObject {
    /// Called when there is something to read, or the peer has ended its sending side.
    func streamIsReadable()

    /// Called when there is room to write again, once for each `awaitWritable()`.
    func streamIsWritable()
}

/// Whether a peer still uses its connection.
public enum PeerState: Sendable {
    /// The connection is open in both directions.
    case connected
    /// The peer has ended its sending side, and may still read.
    case finishedSending
    /// The connection has ended.
    case gone
}

/// What came of reading.
public enum ReadResult: Sendable, Equatable {
    /// The number of bytes that were read; at least one.
    case count(Int)
    /// There is nothing to read now.
    case nothing
    /// The peer has ended its sending side, or the connection has failed.
    case ended
}

/// What came of writing.
public enum WriteResult: Sendable, Equatable {
    /// The number of bytes that were taken, perhaps not all; 0 when there is no room.
    case count(Int)
    /// The connection has ended.
    case ended
}

extension ByteStream {
    /// Writes one piece.
    public func write(_ bytes: UnsafeRawBufferPointer) -> WriteResult {
        let base = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress)
        let piece = unsafe iovec(iov_base: base, iov_len: bytes.count)
        return unsafe withUnsafePointer(to: piece) {
            unsafe write(UnsafeBufferPointer(start: $0, count: 1))
        }
    }
}
