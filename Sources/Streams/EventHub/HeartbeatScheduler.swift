internal import Events
internal import Frames

/// Decides which subscribers need a heartbeat, one bucket of them at a time.
///
/// Each subscriber is in one bucket, and each tick checks one bucket, so that a subscriber is
/// checked four times an interval. It gets a heartbeat if its silence would be longer than the
/// interval at the next check. Therefore no silence is longer than an interval, a busy stream gets
/// no heartbeat, and subscribers that got the same event do not all get their heartbeats in one
/// tick. Belongs to the loop's thread.
struct HeartbeatScheduler {
    static let ticksPerInterval = 64
    private static let bucketCount = ticksPerInterval / 4
    private static let frames = Dictionary(
        uniqueKeysWithValues: EventEncoding.allCases.map { ($0, $0.heartbeat) })

    /// How many ticks there have been; wraps around.
    private(set) var now: UInt32 = 0
    private var buckets = [[Subscriber]](repeating: [], count: bucketCount)
    private var next = 0

    /// Returns the heartbeat of an encoding, encoded once for the process.
    static func frame(_ encoding: EventEncoding) -> Frame {
        frames[encoding] ?? encoding.heartbeat
    }

    /// The number of parts into which all subscribers are divided.
    static let partCount = bucketCount

    /// All subscribers.
    var subscribers: [Subscriber] { buckets.flatMap(\.self) }

    /// Returns the subscribers of one part.
    func subscribers(ofPart part: Int) -> [Subscriber] { buckets[part] }

    mutating func add(_ subscriber: Subscriber) {
        subscriber.lastSend = now
        subscriber.heartbeatBucket = next
        subscriber.heartbeatPosition = buckets[next].count
        buckets[next].append(subscriber)
        next = (next + 1) % Self.bucketCount
    }

    mutating func remove(_ subscriber: Subscriber) {
        let bucket = subscriber.heartbeatBucket
        let last = buckets[bucket].removeLast()
        guard last !== subscriber else { return }
        buckets[bucket][subscriber.heartbeatPosition] = last
        last.heartbeatPosition = subscriber.heartbeatPosition
    }

    /// Advances to the next bucket.
    /// - Returns: the subscribers in it that need a heartbeat now.
    mutating func tick() -> [Subscriber] {
        now &+= 1
        let bucket = buckets[Int(now) % Self.bucketCount]
        let limit = Self.ticksPerInterval - Self.bucketCount
        return bucket.filter { Int(now &- $0.lastSend) > limit }
    }

    /// Records that something was sent to a subscriber.
    func markSent(_ subscriber: Subscriber) { subscriber.lastSend = now }
}
