internal import Frames

/// What a subscriber has that reads the past from the event log. Live events are not sent to it;
/// near the end of the past they are held. It stays until the first live event after the past.
final class SubscriberPast {
    /// The number of the last event that was read from the log, once the subscriber is live again.
    private var end: Int64?
    /// Whether a live event after the past has been taken.
    private(set) var isOver = false
    /// Live events that are held; nil while they are not.
    var held: [Frame]?
    var heldBytes = 0
    /// Whether more were published than are held.
    var isOverrun = false
    /// Called when everything that was sent has been taken.
    let onRoom: () -> Void

    init(onRoom: @escaping () -> Void) { self.onRoom = onRoom }

    /// The most events, and bytes of them, that are held.
    private static let countLimit = 1024
    private static let byteLimit = 4 << 20

    /// Returns what of the held events is not of the past; nil when more were published than are held.
    /// - Parameter position: the number of the last event that was read.
    func finish(at position: Int64) -> [Frame]? {
        guard !isOverrun, let held else { return nil }
        self.held = nil
        end = position
        return held.filter { $0.position > position }
    }

    /// Takes live events: holds them, or, after the end, returns those that were not read from the log:
    /// there an event can be read just before it is published.
    func take(_ frames: [Frame]) -> [Frame] {
        guard let end else {
            hold(frames)
            return []
        }
        isOver = frames.contains { $0.position > end }
        return frames.filter { $0.position == 0 || $0.position > end }
    }

    private func hold(_ frames: [Frame]) {
        guard held != nil, !isOverrun else { return }
        heldBytes += frames.reduce(0) { $0 + $1.count(.plain) }
        held? += frames
        isOverrun = (held?.count ?? 0) > Self.countLimit || heldBytes > Self.byteLimit
        if isOverrun { held = [] }
    }
}
