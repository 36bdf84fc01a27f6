internal import Events
internal import Frames

/// Decides which subscribers need a heartbeat, one part of them at a time.
///
/// Each tick checks one part, so that a subscriber is checked four times an interval. It gets a
/// heartbeat if its silence would be longer than the interval at the next check. Therefore no silence
/// is longer than an interval, a busy stream gets no heartbeat, and subscribers that got the same
/// event do not all get their heartbeats in one tick. Belongs to the loop's thread.
struct HeartbeatScheduler {
    static let ticksPerInterval = 4 * SubscriberRegistry.partCount
    private static let frames = Dictionary(
        uniqueKeysWithValues: EventEncoding.allCases.map { ($0, $0.heartbeat) })

    /// How many ticks there have been; wraps around.
    private(set) var now: UInt32 = 0

    /// Returns the heartbeat of an encoding, encoded once for the process.
    static func frame(_ encoding: EventEncoding) -> Frame {
        frames[encoding] ?? encoding.heartbeat
    }

    /// Advances to the next part.
    /// - Returns: the subscribers in it that need a heartbeat now.
    mutating func tick(_ registry: SubscriberRegistry) -> [Subscriber] {
        now &+= 1
        let part = registry[Int(now) % SubscriberRegistry.partCount]
        let limit = Self.ticksPerInterval - SubscriberRegistry.partCount
        return part.filter { Int(now &- $0.lastSend) > limit }
    }

    /// Records that something was sent to a subscriber.
    func markSent(_ subscriber: Subscriber) { subscriber.lastSend = now }
}
