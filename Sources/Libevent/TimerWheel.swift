/// All the timers of one loop on one hashed wheel: setting, moving and cancelling cost O(1), and
/// libevent sees a single timer however many there are.
///
/// A timer never fires early and at most one slot late. Belongs to the loop's thread; the clock is
/// passed in, so a test turns the wheel by hand.
public final class TimerWheel {
    /// One deadline. The wheel holds it until it fires or is cancelled.
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

    private static let slotWidth: Duration = .milliseconds(10)
    private static let slotCount = 512
    /// Longer than any process lives; beyond, times would overflow.
    private static let longestDelay: Duration = .seconds(1 << 32)

    /// Told when a timer was set, and when the wheel must be turned for it at the latest.
    public var onSet: (Duration) -> Void = { _ in }
    private let clock: () -> Duration
    private var slots = [[Timer]](repeating: [], count: slotCount)
    private var nextTick: Int
    private var count = 0

    /// - Parameter clock: the time, on any scale that never steps back.
    public init(clock: @escaping () -> Duration) {
        self.clock = clock
        nextTick = Self.tick(clock())
    }

    /// Calls `action` once, after `delay`.
    @discardableResult
    public func schedule(after delay: Duration, action: @escaping () -> Void) -> Timer {
        let timer = Timer(deadline: clock() + min(delay, Self.longestDelay), action: action)
        insert(timer)
        count += 1
        onSet(Self.end(of: Self.tick(timer.deadline)))
        return timer
    }

    /// Puts a deadline off to `delay` from now. Costs a store when the new one is later.
    public func move(_ timer: Timer, to delay: Duration) {
        guard timer.action != nil else { return }
        let deadline = clock() + min(delay, Self.longestDelay)
        let isEarlier = deadline < timer.deadline
        timer.deadline = deadline
        // A later one is found when the old slot comes round; one that is being visited is put
        // where it belongs by the visit.
        guard isEarlier, timer.position >= 0 else { return }
        remove(timer)
        insert(timer)
        onSet(Self.end(of: Self.tick(deadline)))
    }

    /// Makes sure that `timer` does not fire; nothing happens if it has.
    public func cancel(_ timer: Timer) {
        guard timer.action != nil else { return }
        timer.action = nil
        count -= 1
        if timer.position >= 0 { remove(timer) }
    }

    /// When `advance` should be called next, seen from its last call; nil when there is nothing to
    /// wait for. A timer beyond the wheel's round is looked at once a round.
    public var nextDeadline: Duration? {
        guard count > 0 else { return nil }
        for tick in nextTick..<(nextTick + Self.slotCount)
        where !slots[tick % Self.slotCount].isEmpty {
            return Self.end(of: tick)
        }
        return nil
    }

    /// Turns the wheel and fires what is due.
    public func advance() {
        let now = clock()
        let last = Self.tick(now)
        // After a long pause each slot is visited once, not once a round.
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

    private static func end(of tick: Int) -> Duration { slotWidth * (tick + 1) }

    private static func tick(_ time: Duration) -> Int { Int(time / slotWidth) }
}
