import Glibc
import Libevent

/// A stream that works, of whose peer the kernel says that it does not answer.
final class VanishedStream: ByteStream {
    private let base: any ByteStream

    init(_ base: any ByteStream) { self.base = base }

    var loop: EventLoop { base.loop }
    var handler: (any ByteStreamHandler)? {
        get { base.handler }
        set { base.handler = newValue }
    }
    var isClosed: Bool { base.isClosed }
    var isFlushed: Bool { base.isFlushed }
    var peerState: PeerState { base.peerState }
    var unacknowledgedCount: Int { base.unacknowledgedCount }
    func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult { base.read(into: buffer) }
    func write(_ pieces: UnsafeBufferPointer<iovec>) -> WriteResult { base.write(pieces) }
    func watchReads() { base.watchReads() }
    func ignoreReads() { base.ignoreReads() }
    func awaitWritable() { base.awaitWritable() }
    func isUnanswered(for time: Duration) -> Bool { true }
    func shutdownWrites() { base.shutdownWrites() }
    func close() { base.close() }
}
