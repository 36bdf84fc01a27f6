internal import CLibevent
internal import Glibc

/// Bytes on their way out: an evbuffer.
@safe public struct Buffer: ~Copyable {
    private let raw: OpaquePointer

    public init() {
        guard let raw = unsafe evbuffer_new() else { fatalError("out of memory") }
        unsafe self.raw = raw
    }

    deinit { unsafe evbuffer_free(raw) }

    /// How many bytes are waiting.
    public var count: Int { unsafe evbuffer_get_length(raw) }

    /// Appends a copy of `bytes`.
    public mutating func append(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { bytes in
            _ = unsafe evbuffer_add(raw, bytes.baseAddress, bytes.count)
        }
    }

    /// Writes as much as the socket takes.
    /// - Returns: how many bytes left; 0 when the kernel's buffer is full.
    /// - Throws: when the peer is gone.
    public mutating func write(to descriptor: Int32) throws(LibeventError) -> Int {
        let written = unsafe evbuffer_write(raw, descriptor)
        if written >= 0 { return Int(written) }
        let code = errno
        if code == EAGAIN || code == EINTR { return 0 }
        throw LibeventError("writev", code: code)
    }
}
