internal import CLibevent

extension SocketStream {
    /// How many written bytes the peer has not acknowledged.
    public var unacknowledgedCount: Int { max(0, Int(directory_unacknowledged(descriptor))) }
}
