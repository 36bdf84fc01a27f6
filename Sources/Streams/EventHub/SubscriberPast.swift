internal import Frames

/// What a subscriber has that reads the past from the event log. Live events are not sent to it;
/// near the end of the past they are held.
final class SubscriberPast {
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

    func hold(_ frames: [Frame]) {
        guard held != nil, !isOverrun else { return }
        heldBytes += frames.reduce(0) { $0 + $1.count(.plain) }
        held? += frames
        isOverrun = (held?.count ?? 0) > Self.countLimit || heldBytes > Self.byteLimit
        if isOverrun { held = [] }
    }
}
