internal import EventHub

/// By what subscribers are sorted.
enum SubscriberOrder: String, CaseIterable {
    /// In the order in which they came.
    case id
    case age, delivered, dropped, queued, rate
}

/// The place of a subscriber in a list: small, because there may be very many of them.
struct SubscriberKey: Sendable, Comparable {
    /// The value by which the list is sorted, and the number of the subscriber.
    let value: Int
    let id: Int
    /// The part of its hub.
    let part: Int
    /// The index of its loop.
    var loop = 0

    /// - Parameter now: microseconds since 1970.
    init(_ subscriber: Subscriber, part: Int, _ order: SubscriberOrder, now: Int64) {
        let request = subscriber.request
        id = request.id
        self.part = part
        value =
            switch order {
            case .id: request.id
            // The time of its begin, not its age: that does not change from page to page.
            case .age: -Int(request.since)
            case .delivered: subscriber.delivered
            case .dropped: subscriber.dropped
            case .queued: subscriber.queued
            case .rate: Self.rate(of: subscriber, now: now)
            }
    }

    /// Returns events per 1000 seconds, averaged since it subscribed.
    static func rate(of subscriber: Subscriber, now: Int64) -> Int {
        let age = max(1, (now - subscriber.request.since) / 1000)
        let (product, isOver) = subscriber.delivered.multipliedReportingOverflow(by: 1_000_000)
        return isOver ? .max : product / Int(age)
    }

    /// Subscribers with the same value are in the order of their numbers.
    static func < (a: SubscriberKey, b: SubscriberKey) -> Bool {
        (a.value, a.id) < (b.value, b.id)
    }

    static func == (a: SubscriberKey, b: SubscriberKey) -> Bool {
        (a.value, a.id) == (b.value, b.id)
    }
}
