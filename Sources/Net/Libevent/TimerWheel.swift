/// All timers of one loop, in a hashed wheel. Setting, moving and cancelling cost O(1), and libevent
/// has a single timer, whatever their number.
///
/// A timer never fires early, and at most one slot (10 ms) late. Belongs to the loop's thread. The
/// clock is a parameter, so that a test can drive the wheel.
public final class TimerWheel {
    /// One timer. The wheel holds it until it fires or is cancelled.
    public final class Timer {
        fileprivate(set) var deadline: Duration
        fileprivate var action: (() -> Void)?
        fileprivate var slot = 0
        fileprivate var position = -1

        fileprivate init(deadline: Duration, action: @escaping () -> Void) {
            self.deadline = deadline
            self.action = action
        }
    }

    /// The width of a slot, in milliseconds.
    private static let slotWidth = 10
    private static let slotCount = 512
    /// Longer than any process runs. Longer delays could overflow.
    private static let longestDelay: Duration = .seconds(1 << 32)

    /// Called when a timer was set, with the time of the next `advance` that it needs.
    public var onSet: (Duration) -> Void = { _ in }
    private let clock: () -> Duration
    private var slots = [[Timer]](repeating: [], count: slotCount)
    private var nextTick: Int
    private var count = 0

    /// Makes a wheel without timers.
    /// - Parameter clock: a monotonic clock.
    public init(clock: @escaping () -> Duration) {
        self.clock = clock
        nextTick = Self.tick(clock())
    }

    /// Calls `action` once, after `delay`.
    /// - Returns: the timer, for `move` and `cancel`.
    @discardableResult
    public func schedule(after delay: Duration, action: @escaping () -> Void) -> Timer {
        let timer = Timer(deadline: clock() + min(delay, Self.longestDelay), action: action)
        insert(timer)
        count += 1
        onSet(Self.end(of: Self.tick(timer.deadline)))
        return timer
    }

    /// Moves a deadline to `delay` from now. Costs one store if the new deadline is later.
    public func move(_ timer: Timer, to delay: Duration) {
        guard timer.action != nil else { return }
        let deadline = clock() + min(delay, Self.longestDelay)
        let isEarlier = deadline < timer.deadline
        timer.deadline = deadline
        // A later deadline is found when the old slot is visited. A timer that is being visited is
        // inserted again by the visit.
        guard isEarlier, timer.position >= 0 else { return }
        remove(timer)
        insert(timer)
        onSet(Self.end(of: Self.tick(deadline)))
    }

    /// Cancels `timer`. Does nothing if it has fired.
    public func cancel(_ timer: Timer) {
        guard timer.action != nil else { return }
        timer.action = nil
        count -= 1
        if timer.position >= 0 { remove(timer) }
    }

    /// When to call `advance` next; nil when there are no timers. A timer whose delay is longer than
    /// a round of the wheel (5.12 s) is checked once a round.
    public var nextDeadline: Duration? {
        guard count > 0 else { return nil }
        for tick in nextTick..<(nextTick + Self.slotCount)
        where !slots[tick % Self.slotCount].isEmpty {
            return Self.end(of: tick)
        }
        return nil
    }

    /// Advances the wheel to the current time, and fires the timers that are due.
    public func advance() {
        let now = clock()
        let last = Self.tick(now)
        // After a long pause each slot is visited once, not once for each missed round.
        let first = max(nextTick, last - Self.slotCount)
        nextTick = max(nextTick, last)
        for tick in first..<max(first, last) { visit(tick % Self.slotCount, now) }
    }

    private func visit(_ slot: Int, _ now: Duration) {
        let timers = slots[slot]
        slots[slot] = []
        for timer in timers { timer.position = -1 }
        for timer in timers {
            guard let action = timer.action else { continue }
            if timer.deadline <= now {
                timer.action = nil
                count -= 1
                action()
            } else {
                insert(timer)
            }
        }
    }

    private func insert(_ timer: Timer) {
        timer.slot = max(Self.tick(timer.deadline), nextTick) % Self.slotCount
        timer.position = slots[timer.slot].count
        slots[timer.slot].append(timer)
    }

    private func remove(_ timer: Timer) {
        let last = slots[timer.slot].removeLast()
        if last !== timer {
            slots[timer.slot][timer.position] = last
            last.position = timer.position
        }
        timer.position = -1
    }

    private static func end(of tick: Int) -> Duration { .milliseconds((tick + 1) * slotWidth) }

    private static func tick(_ time: Duration) -> Int {
        // `Duration` divides as a floating-point number of 128 bits, which is slow.
        let (seconds, attoseconds) = time.components
        return Int(seconds) * (1000 / slotWidth)
            + Int(attoseconds / 1_000_000_000_000_000) / slotWidth
    }
}
