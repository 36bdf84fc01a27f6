public import Frames

extension Subscriber: FrameSinkOwner {
    /// Sends what waits.
    public func sinkIsWritable() { subscription.hub.drain(self) }

    /// Leaves the hub.
    public func sinkClosed() { subscription.hub.remove(self) }
}

extension Subscriber {
    /// Sends a heartbeat: a frame, or a PING where the encoding has none.
    /// - Returns: whether it was sent.
    func sendHeartbeat() -> Bool {
        let encoding = request.encoding
        guard encoding.isGRPC else {
            return sendControlFrame(HeartbeatScheduler.frame(encoding))
        }
        sink.ping()
        return true
    }
}
