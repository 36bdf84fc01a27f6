internal import Glibc
internal import Wire

extension FrameRun {
    /// The most the kernel takes in one call (`UIO_MAXIOV`).
    private static let maxVectors = 1024

    /// One gathering write of what stands behind the first `sent` bytes; −1 with `errno` as the
    /// system call.
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
