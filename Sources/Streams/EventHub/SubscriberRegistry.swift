/// All subscribers of a hub, in parts of about equal size: what must look at each of them looks at
/// one part in a turn of the loop. Belongs to the loop's thread.
struct SubscriberRegistry {
    /// The number of parts.
    static let partCount = 16

    private var parts = [[Subscriber]](repeating: [], count: partCount)
    private var next = 0
    /// How many subscribers there are.
    private(set) var count = 0

    /// The subscribers, in no particular order.
    var all: [Subscriber] { parts.flatMap(\.self) }

    /// Returns the subscribers of one part. Each subscriber is in exactly one.
    subscript(part: Int) -> [Subscriber] { parts[part] }

    mutating func add(_ subscriber: Subscriber) {
        subscriber.part = UInt8(next)
        subscriber.position = Int32(parts[next].count)
        parts[next].append(subscriber)
        next = (next + 1) % Self.partCount
        count += 1
    }

    mutating func remove(_ subscriber: Subscriber) {
        let part = Int(subscriber.part)
        let last = parts[part].removeLast()
        count -= 1
        guard last !== subscriber else { return }
        parts[part][Int(subscriber.position)] = last
        last.position = subscriber.position
    }
}
