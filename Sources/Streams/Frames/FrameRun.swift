package import Glibc

/// A sequence of frames. Their addresses are gathered once, and then each socket gets them with one
/// gathering write.
///
/// Belongs to the thread that made it.
@safe public struct FrameRun {
    /// The frames, in the order in which they are sent.
    public let frames: [Frame]
    /// How they are delimited.
    public let framing: Frame.Framing
    /// How many bytes there are to send.
    public let byteCount: Int
    /// The addresses for `sendmsg`; valid while the run is held.
    package let vectors: [iovec]

    /// Gathers the addresses of `frames`.
    /// - Parameter skipping: bytes of the first frame that were sent already.
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

    /// Returns how far the run is when `bytes` of it were sent.
    /// - Returns: how many frames were sent whole, and how many bytes of the next one.
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
