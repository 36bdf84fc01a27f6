internal import Frames

/// The delivery of one burst to the groups that it matched. It can stop after any subscriber and
/// continue in a later turn of the loop.
struct FanOut {
    /// Frames, and the group whose members get them.
    private struct Delivery {
        let group: DeliveryGroup
        let run: FrameRun
        /// The subscribers from this slot on joined after the burst.
        let end: Int
    }

    private var deliveries: [Delivery] = []
    private var current = 0
    private var slot = 0

    /// Adds a delivery after those that wait.
    mutating func append(_ group: DeliveryGroup, _ run: FrameRun) {
        group.activeFanOuts += 1
        deliveries.append(Delivery(group: group, run: run, end: group.slots.count))
    }

    /// Whether every subscriber has been visited.
    var isDone: Bool { current == deliveries.count }

    /// Visits the next subscribers.
    /// - Parameter budget: the most slots to visit.
    mutating func advance(budget: Int, visit: (Subscriber, FrameRun) -> Void) {
        var budget = budget
        while budget > 0, !isDone {
            let delivery = deliveries[current]
            let steps = min(delivery.end - slot, budget)
            let stop = slot + steps
            budget -= steps
            while slot < stop {
                if let subscriber = delivery.group.slots[slot] { visit(subscriber, delivery.run) }
                slot += 1
            }
            if slot == delivery.end {
                delivery.group.activeFanOuts -= 1
                current += 1
                slot = 0
            }
        }
        if isDone {
            deliveries = []
            current = 0
        }
    }
}
