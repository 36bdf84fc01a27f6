public import Glibc

/// Reading and writing, and what the kernel knows of the peer. Apart from the events, because the
/// types of the C library would otherwise count as libevent's.
extension SocketStream {
    /// Reads what has arrived. An error counts as the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        let count = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        if count > 0 { return .count(count) }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .ended
    }

    /// Writes as much as the kernel takes in one call.
    public func write(_ pieces: UnsafeBufferPointer<iovec>) -> WriteResult {
        guard let first = unsafe pieces.first else { return .count(0) }
        let flags = Int32(MSG_NOSIGNAL)
        var count: Int
        repeat {
            if pieces.count == 1 {
                count = unsafe Glibc.send(descriptor, first.iov_base, first.iov_len, flags)
            } else {
                var message = unsafe msghdr()
                unsafe message.msg_iov = UnsafeMutablePointer(mutating: pieces.baseAddress)
                unsafe message.msg_iovlen = min(pieces.count, Self.maxPieces)
                count = unsafe sendmsg(descriptor, &message, flags)
            }
        } while count < 0 && errno == EINTR
        if count >= 0 { return .count(count) }
        return errno == EAGAIN ? .count(0) : .ended
    }

    /// The most pieces that the kernel takes in one call (`UIO_MAXIOV`).
    private static let maxPieces = 1024

    /// `POLLRDHUP`, which Swift's Glibc module leaves out.
    private static let pollReadHangUp: Int16 = 0x2000

    /// Whether the peer still uses the connection, as far as the kernel knows.
    public var peerState: PeerState {
        var poll = pollfd(fd: descriptor, events: Self.pollReadHangUp, revents: 0)
        guard unsafe Glibc.poll(&poll, 1, 0) > 0 else { return .connected }
        let ended = Int32(poll.revents) & (POLLERR | POLLHUP | POLLNVAL) != 0
        return ended ? .gone : .finishedSending
    }

    /// Returns whether the peer has acknowledged nothing for `time` although it should: the kernel
    /// has retransmitted data or repeated window probes, more than once (`TCP_INFO`). A peer that
    /// only stops reading still acknowledges probes.
    public func isUnanswered(for time: Duration) -> Bool {
        var info = tcp_info()
        var size = socklen_t(MemoryLayout<tcp_info>.size)
        let code = unsafe getsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size)
        guard code == 0, info.tcpi_retransmits > 1 || info.tcpi_probes > 1 else { return false }
        return .milliseconds(info.tcpi_last_ack_recv) >= time
    }
}
