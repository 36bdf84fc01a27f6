package import Glibc

/// Frames that leave one behind the other: their addresses are gathered once, then any number of
/// sockets is served with one gathering write each.
///
/// Belongs to the thread that made it.
@safe public struct FrameRun {
    /// The frames, in the order in which they leave.
    public let frames: [Frame]
    /// How each is delimited.
    public let framing: Frame.Framing
    /// How many bytes leave in all.
    public let byteCount: Int
    /// What `sendmsg` takes; valid for as long as the run is held.
    package let vectors: [iovec]

    /// - Parameter skipping: bytes of the first frame that have left already.
    public init(_ frames: [Frame], framing: Frame.Framing, skipping: Int = 0) {
        self.frames = frames
        self.framing = framing
        byteCount = frames.reduce(-skipping) { $0 + $1.count(framing) }
        unsafe vectors = frames.enumerated().map { index, frame in
            let region = unsafe frame.region(framing)[(index == 0 ? skipping : 0)...]
            let bytes = unsafe UnsafeMutableRawBufferPointer(
                mutating: UnsafeRawBufferPointer(rebasing: region))
            return unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
        }
    }

    /// Where the run stands when `bytes` of it have left: how many frames are gone, and how much
    /// of the next one.
    public func position(after bytes: Int) -> (frames: Int, bytes: Int) {
        var left = bytes
        for index in unsafe vectors.indices {
            let length = unsafe vectors[index].iov_len
            if left < length { return (index, left) }
            left -= length
        }
        return (frames.count, 0)
    }
}
