internal import Events
internal import Wire

/// What makes two subscribers with equal filters get the same bytes.
struct RosterKey: Hashable {
    let encoding: EventEncoding
    let framing: Frame.Framing
}

/// Subscribers that get the same bytes.
///
/// A seat that becomes free is taken again only while nobody walks along the seats: a subscriber
/// that comes in the middle of a walk must not get what was published before it.
final class Roster {
    let filter: SubscriptionIndex.FilterID
    let key: RosterKey
    private(set) var seats: [Subscriber?] = []
    private var free: [Int] = []
    private(set) var count = 0
    /// How many walks are going on along the seats.
    var walkers = 0

    init(filter: SubscriptionIndex.FilterID, key: RosterKey) {
        self.filter = filter
        self.key = key
    }

    func add(_ subscriber: Subscriber) {
        count += 1
        if walkers == 0, let seat = free.popLast() {
            seats[seat] = subscriber
            subscriber.seat = seat
        } else {
            subscriber.seat = seats.count
            seats.append(subscriber)
        }
    }

    func remove(_ subscriber: Subscriber) {
        count -= 1
        seats[subscriber.seat] = nil
        free.append(subscriber.seat)
        if walkers == 0, seats.count >= Self.leastSeats, count * 4 < seats.count { compact() }
    }

    /// Fewer seats than this are not worth the work.
    private static let leastSeats = 64

    /// After a crowd has left, its empty seats would be visited with each event.
    private func compact() {
        seats = seats.filter { $0 != nil }
        for (seat, subscriber) in seats.enumerated() { subscriber?.seat = seat }
        free = []
    }
}
