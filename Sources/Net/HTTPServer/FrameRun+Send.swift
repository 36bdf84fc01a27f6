internal import Frames
internal import Glibc

extension FrameRun {
    /// The most the kernel takes in one call (`UIO_MAXIOV`).
    private static let maxVectors = 1024

    /// Sends what follows the first `sent` bytes, with one gathering write.
    /// - Returns: how many bytes the kernel took, or −1 with `errno` set.
    func send(to descriptor: Int32, from sent: Int) -> Int {
        let flags = Int32(MSG_NOSIGNAL)
        let (first, offset) = sent == 0 ? (0, 0) : position(after: sent)
        let count = min(frames.count - first, Self.maxVectors)
        return unsafe vectors.withUnsafeBufferPointer { vectors in
            guard let base = vectors.baseAddress else { return 0 }
            let head = unsafe vectors[first]
            if count == 1 || offset > 0 {
                return unsafe Glibc.send(
                    descriptor, head.iov_base + offset, head.iov_len - offset, flags)
            }
            var message = unsafe msghdr()
            unsafe message.msg_iov = UnsafeMutablePointer(mutating: base + first)
            unsafe message.msg_iovlen = count
            return unsafe sendmsg(descriptor, &message, flags)
        }
    }
}
