package import Glibc

/// Where a session writes: a socket, a TLS session, or an array in a test.
package protocol ByteOutput: AnyObject {
    /// Takes as many bytes of the pieces as there is room for, in order, without waiting. It must
    /// not call the session.
    /// - Returns: how many bytes were taken. If it is less than all, the owner of the session calls
    ///   `flush()` when there is room again. Negative when the connection has ended.
    func write(_ pieces: UnsafeBufferPointer<iovec>) -> Int
}
