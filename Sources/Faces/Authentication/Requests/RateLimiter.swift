internal import Synchronization
internal import Text

/// Limits the operations of each subject or address: a token bucket for each, of which only one number
/// is kept (the generic cell rate algorithm, ITU-T I.371). Safe to use from any thread.
///
/// A bucket that was not used for as long as it takes to fill is full, and is forgotten: the table
/// begins anew in each such period and keeps the previous one. So no call looks through the table.
public final class RateLimiter: Sendable {
    private struct State {
        /// When each bucket is full again, on the clock of the caller.
        var current: [ExactString: Duration] = [:]
        var previous: [ExactString: Duration] = [:]
        var periodEnd: Duration = .zero
        /// The bucket of all that find no room in the table.
        var rest: Duration = .zero
    }

    private let interval: Duration
    private let burst: Duration
    private let period: Duration
    private let capacity: Int
    private let state = Mutex(State())

    /// Makes a limiter.
    /// - Parameters:
    ///   - perSecond: operations each second for each key; 0 turns the limiter off.
    ///   - burst: operations at once, at least 1.
    ///   - capacity: the most keys in each of the two periods that are kept.
    public init(perSecond: Int, burst: Int, capacity: Int = 50_000) {
        interval = perSecond > 0 ? .seconds(1) / perSecond : .zero
        self.burst = interval * max(1, burst)
        period = max(self.burst, .seconds(1))
        self.capacity = max(1, capacity)
    }

    /// Whether anything is limited.
    public var isOn: Bool { interval > .zero }

    /// Takes one operation from the bucket of a key.
    /// - Parameters:
    ///   - key: the identity of a subject, or an address.
    ///   - now: the time on a clock that does not step back.
    /// - Returns: nil when the operation may be carried out; else the seconds to wait, at least 1.
    public func take(_ key: String, now: Duration) -> Int? {
        guard isOn else { return nil }
        let key = ExactString(key)
        return state.withLock { state in
            if now >= state.periodEnd {
                // After a long pause, what was kept is too old as well.
                state.previous = now >= state.periodEnd + period ? [:] : state.current
                state.current = [:]
                state.periodEnd = now + period
            }
            let known = state.current[key] ?? state.previous[key]
            let hasRoom = !state.current[key].isNil || state.current.count < capacity
            let full = max(now, hasRoom ? known ?? now : state.rest)
            let wait = full + interval - now - burst
            guard wait <= .zero else { return Self.seconds(wait) }
            if hasRoom {
                state.current[key] = full + interval
            } else {
                state.rest = full + interval
            }
            return nil
        }
    }

    private static func seconds(_ wait: Duration) -> Int {
        let (seconds, rest) = wait.components
        return max(1, Int(seconds) + (rest > 0 ? 1 : 0))
    }
}
