internal import Events
internal import Frames

/// The subscribers with equal filter, encoding and framing, which get the same bytes.
///
/// A slot that becomes free is used again only while no fan-out is active: a subscriber that joins
/// during a fan-out must not get what was published before it. Belongs to the loop's thread.
final class DeliveryGroup {
    /// What makes two subscribers with equal filters get the same bytes.
    struct Key: Hashable {
        let encoding: EventEncoding
        let framing: Frame.Framing
    }

    let subscription: Subscription
    private(set) var slots: [Subscriber?] = []
    private var free: [Int] = []
    private(set) var count = 0
    /// How many fan-outs to this group have begun and not ended.
    var activeFanOuts = 0

    init(_ subscription: Subscription) { self.subscription = subscription }

    func add(_ subscriber: Subscriber) {
        count += 1
        if activeFanOuts == 0, let slot = free.popLast() {
            slots[slot] = subscriber
            subscriber.slot = Int32(slot)
        } else {
            subscriber.slot = Int32(slots.count)
            slots.append(subscriber)
        }
    }

    func remove(_ subscriber: Subscriber) {
        count -= 1
        slots[Int(subscriber.slot)] = nil
        free.append(Int(subscriber.slot))
        if activeFanOuts == 0, slots.count >= Self.compactionThreshold, count * 4 < slots.count {
            compact()
        }
    }

    /// Groups with fewer slots than this are not compacted.
    private static let compactionThreshold = 64

    /// Removes the free slots. After many subscribers have left, each event would otherwise visit
    /// all their slots.
    private func compact() {
        slots = slots.filter { $0 != nil }
        for (slot, subscriber) in slots.enumerated() { subscriber?.slot = Int32(slot) }
        free = []
    }
}
