internal import COpenSSL
internal import Glibc

// OpenSSL's own socket BIO raises SIGPIPE, and keeps neither `errno` nor what came first.
extension TLSSession {
    /// The functions by which OpenSSL reads and writes. Made once, and not changed.
    nonisolated(unsafe) private static let method: OpaquePointer = {
        guard let method = unsafe BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket")
        else { fatalError("out of memory") }
        unsafe BIO_meth_set_read(method, onRead)
        unsafe BIO_meth_set_write(method, onWrite)
        unsafe BIO_meth_set_ctrl(method, onControl)
        return unsafe method
    }()

    /// Connects OpenSSL with this object, which outlives it.
    func attachSocket() {
        guard let bio = unsafe BIO_new(Self.method) else { fatalError("out of memory") }
        unsafe BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        unsafe BIO_set_init(bio, 1)
        // One reference serves for both directions.
        unsafe SSL_set_bio(ssl, bio, bio)
    }

    /// Gives up the socket, before it is closed: what is called afterwards fails and touches no
    /// descriptor.
    public func detach() { descriptor = -1 }

    /// Receives for OpenSSL. Returns −1 on a failure, and with the flag to try again when nothing is
    /// there.
    fileprivate func receive(
        _ bio: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int
    ) -> Int32 {
        if isFlooded { return -1 }
        var count: Int
        repeat {
            count = unsafe recv(descriptor, buffer, size, 0)
        } while count < 0 && errno == EINTR
        if count > 0 {
            if let buffer = unsafe buffer, firstBytes.count < FirstBytes.limit {
                for index in 0..<min(count, FirstBytes.limit - Int(firstBytes.count)) {
                    firstBytes.append(unsafe UInt8(bitPattern: buffer[index]))
                }
            }
        } else if count == 0 {
            isAtEnd = true
        } else if errno == EAGAIN {
            unsafe BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
        } else {
            systemError = errno
        }
        return Int32(count)
    }

    /// Sends for OpenSSL; returns as `receive` does.
    fileprivate func send(
        _ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ size: Int
    ) -> Int32 {
        var count: Int
        repeat {
            count = unsafe Glibc.send(descriptor, bytes, size, Int32(MSG_NOSIGNAL))
        } while count < 0 && errno == EINTR
        if count < 0 {
            if errno == EAGAIN {
                unsafe BIO_set_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
            } else {
                systemError = errno
            }
        }
        return Int32(count)
    }
}

/// What tells OpenSSL that a call is to be repeated, and after what (`BIO_clear_retry_flags`).
private let retryFlags =
    BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_IO_SPECIAL | BIO_FLAGS_SHOULD_RETRY

/// The session of a BIO, without the flags of its last call.
private func session(of bio: OpaquePointer?) -> TLSSession? {
    guard let data = unsafe BIO_get_data(bio) else { return nil }
    return unsafe Unmanaged<TLSSession>.fromOpaque(data).takeUnretainedValue()
}

@c private func onRead(
    bio: OpaquePointer?, buffer: UnsafeMutablePointer<CChar>?, size: Int32
) -> Int32 {
    unsafe BIO_clear_flags(bio, retryFlags)
    return unsafe session(of: bio)?.receive(bio, buffer, Int(size)) ?? -1
}

@c private func onWrite(
    bio: OpaquePointer?, bytes: UnsafePointer<CChar>?, size: Int32
) -> Int32 {
    unsafe BIO_clear_flags(bio, retryFlags)
    return unsafe session(of: bio)?.send(bio, bytes, Int(size)) ?? -1
}

/// What OpenSSL asks of a BIO: whether it is at its end, and that it sends what it holds, which is
/// nothing.
@c private func onControl(
    bio: OpaquePointer?, command: Int32, _: Int, _: UnsafeMutableRawPointer?
) -> Int {
    switch command {
    case BIO_CTRL_FLUSH: 1
    case BIO_CTRL_EOF: unsafe session(of: bio)?.isAtEnd == true ? 1 : 0
    default: 0
    }
}

/// Counts the records that come. `SSL3_RT_HEADER` is OpenSSL's name for the header of each.
@c func onMessage(
    isWritten: Int32, _: Int32, type: Int32, _: UnsafeRawPointer?, _: Int, ssl: OpaquePointer?,
    _: UnsafeMutableRawPointer?
) {
    guard isWritten == 0, type == SSL3_RT_HEADER,
        let session = unsafe session(of: SSL_get_rbio(ssl))
    else { return }
    session.emptyRecordCount = session.emptyRecordCount &+ 1
}
