internal import Events
internal import Wire

/// Decides who needs a sign of life, a few at a time.
///
/// Each subscriber has a place in one of `slots`, and each tick looks at one slot: a subscriber is
/// looked at four times an interval and gets a heartbeat when its silence would be longer than the
/// interval by the next look. So no silence is longer than an interval, a busy stream gets no
/// heartbeat, and a crowd that was served by one event is not served by one heartbeat.
struct Pulse {
    static let ticksPerInterval = 64
    private static let slotCount = ticksPerInterval / 4
    private static let frames = Dictionary(
        uniqueKeysWithValues: EventEncoding.allCases.map { ($0, $0.heartbeat) })

    /// Ticks so far.
    private(set) var now: UInt32 = 0
    private var slots = [[Subscriber]](repeating: [], count: slotCount)
    private var next = 0

    static func frame(_ encoding: EventEncoding) -> Frame {
        frames[encoding] ?? encoding.heartbeat
    }

    static let partCount = slotCount

    var subscribers: [Subscriber] { slots.flatMap(\.self) }

    func subscribers(ofPart part: Int) -> [Subscriber] { slots[part] }

    mutating func add(_ subscriber: Subscriber) {
        subscriber.lastSend = now
        subscriber.pulseSlot = next
        subscriber.pulseSeat = slots[next].count
        slots[next].append(subscriber)
        next = (next + 1) % Self.slotCount
    }

    mutating func remove(_ subscriber: Subscriber) {
        let slot = subscriber.pulseSlot
        let last = slots[slot].removeLast()
        guard last !== subscriber else { return }
        slots[slot][subscriber.pulseSeat] = last
        last.pulseSeat = subscriber.pulseSeat
    }

    /// Turns to the next slot.
    /// - Returns: those in it that need a heartbeat now.
    mutating func advance() -> [Subscriber] {
        now &+= 1
        let slot = slots[Int(now) % Self.slotCount]
        let limit = Self.ticksPerInterval - Self.slotCount
        return slot.filter { Int(now &- $0.lastSend) > limit }
    }

    /// Notes that something was sent.
    func stamp(_ subscriber: Subscriber) { subscriber.lastSend = now }
}
