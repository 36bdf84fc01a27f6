internal import Wire

/// A burst on its way to the subscribers it matched, which can stop anywhere and go on later.
struct Walk {
    /// Frames, and the roster whose members get them.
    private struct Delivery {
        let roster: Roster
        let run: FrameRun
        /// Who comes behind this seat came after the burst.
        let end: Int
    }

    private var deliveries: [Delivery] = []
    private var current = 0
    private var seat = 0

    /// Adds a stretch of the way, behind those that are there.
    mutating func append(_ roster: Roster, _ run: FrameRun) {
        roster.walkers += 1
        deliveries.append(Delivery(roster: roster, run: run, end: roster.seats.count))
    }

    var isDone: Bool { current == deliveries.count }

    /// Visits at most `budget` seats.
    mutating func advance(budget: Int, visit: (Subscriber, FrameRun) -> Void) {
        var budget = budget
        while budget > 0, !isDone {
            let delivery = deliveries[current]
            let steps = min(delivery.end - seat, budget)
            let stop = seat + steps
            budget -= steps
            while seat < stop {
                if let subscriber = delivery.roster.seats[seat] { visit(subscriber, delivery.run) }
                seat += 1
            }
            if seat == delivery.end {
                delivery.roster.walkers -= 1
                current += 1
                seat = 0
            }
        }
        if isDone {
            deliveries = []
            current = 0
        }
    }
}
