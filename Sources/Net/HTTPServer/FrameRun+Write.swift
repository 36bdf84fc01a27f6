internal import Frames
internal import Glibc
internal import Libevent

extension FrameRun {
    /// Writes what follows the first `sent` bytes, with one gathering write.
    func write(to stream: any ByteStream, from sent: Int) -> WriteResult {
        guard sent > 0 else {
            return unsafe vectors.withUnsafeBufferPointer { unsafe stream.write($0) }
        }
        let (first, offset) = position(after: sent)
        var rest = unsafe Array(vectors[first...])
        unsafe rest[0].iov_base += offset
        unsafe rest[0].iov_len -= offset
        return unsafe rest.withUnsafeBufferPointer { unsafe stream.write($0) }
    }
}
