internal import COpenSSL

// After OpenSSL has sealed a record that the socket does not take, it sends that record and no other,
// whatever bytes the next call offers. Therefore all bytes lie in `staged` before they are sealed, or
// are copied there when their record could not be sent.
extension TLSSession {
    /// The plaintext of a full record (RFC 8446 §5.1), and the most that is ever staged.
    private static let recordSize = 16 << 10

    /// Whether nothing is staged.
    public var isEmpty: Bool { staged.isEmpty }

    /// Takes bytes to be sent, and seals and sends full records on the way. The rest stays staged
    /// until `flush()`, so that small writes share a record. At most 16 KiB are staged.
    ///
    /// - Returns: how many bytes it took, from the first. Fewer than offered when the socket takes no
    ///   more: call `flush()`, and offer the others when it is done. Bytes that it took never change.
    ///   After a failure it takes none, and `flush()` returns the failure.
    public func stage(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard failure == nil, !hasFinished else { return 0 }
        var taken = 0
        while taken < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[taken...])
            if staged.isEmpty, rest.count >= Self.recordSize, isEstablished, !isBlocked {
                // A full record needs no copy, unless the socket does not take it.
                let record = unsafe UnsafeRawBufferPointer(rebasing: rest[..<Self.recordSize])
                let sent = unsafe seal(record)
                if sent == 0 {
                    guard failure == nil else { return taken }
                    unsafe append(record)
                    return taken + record.count
                }
                taken += sent
                continue
            }
            let room = Self.recordSize - staged.count
            if room > 0 {
                let part = unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(room))
                unsafe append(part)
                taken += part.count
            } else {
                guard isEstablished, !isBlocked, sealStaged() else { break }
            }
        }
        return taken
    }

    /// Sends what is staged, in as few records as possible.
    /// - Returns: `.done` when nothing is staged any more; its memory is free then.
    public func flush() -> Progress {
        if let failure { return .failed(failure) }
        if staged.isEmpty { return .done }
        if !isEstablished {
            let progress = handshake()
            guard case .done = progress else { return progress }
        }
        isBlocked = false
        while !staged.isEmpty {
            guard sealStaged() else { return failure.map(Progress.failed) ?? .wantsWrite }
        }
        return .done
    }

    /// Sends what is staged, as far as the socket takes it, and announces the end (close_notify). Bytes
    /// that the peer has sent can still be read.
    public func finish() {
        guard isEstablished, !hasFinished, case .done = flush() else { return }
        hasFinished = true
        ERR_clear_error()
        // The announcement is dropped when the socket takes nothing: TCP's end follows anyway.
        _ = unsafe SSL_shutdown(ssl)
        ERR_clear_error()
    }

    /// Stages bytes, with two allocations at most on the way to a full record.
    private func append(_ bytes: UnsafeRawBufferPointer) {
        if !staged.isEmpty, staged.capacity - staged.count < bytes.count {
            staged.reserveCapacity(Self.recordSize)
        }
        unsafe staged.append(contentsOf: bytes)
    }

    /// Seals and sends from `staged`. Returns false when nothing was sent.
    private func sealStaged() -> Bool {
        let sent = unsafe staged.withUnsafeBytes { unsafe seal($0) }
        // A new array, so that the memory of the old one is freed.
        if sent == staged.count { staged = [] } else { staged.removeFirst(sent) }
        return sent > 0
    }

    /// Seals bytes as a record and sends it. Returns how many bytes were sent; 0 when the socket did
    /// not take the record, or on a failure.
    private func seal(_ bytes: UnsafeRawBufferPointer) -> Int {
        ERR_clear_error()
        var count = 0
        let code = unsafe SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &count)
        if code == 1 { return count }
        isBlocked = true
        _ = progress(code)
        return 0
    }
}
