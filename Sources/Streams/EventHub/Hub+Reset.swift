public import Events
internal import Frames

extension Hub {
    /// Tells the subscribers of one part that they may have missed events that cannot be replayed.
    /// - Parameter part: from 0 to `partCount` − 1.
    /// - Returns: how many there are.
    public func sendReset(_ reset: EventLogReset, toPart part: Int) -> Int {
        var frames: [EventEncoding: Frame] = [:]
        let subscribers = subscribers(ofPart: part)
        for subscriber in subscribers {
            let encoding = subscriber.subscription.encoding
            let frame = frames[encoding] ?? Frame(encoding.reset(reset))
            frames[encoding] = frame
            subscriber.sendNotice(frame)
        }
        return subscribers.count
    }
}
