internal import CLibevent
internal import Glibc

/// Drives a loop's timer wheel with one libevent timer, measures the lag of the loop, and records
/// its turns while nothing else happens. Belongs to the loop's thread.
@safe public final class LoopClock {
    /// The timer wheel of the loop.
    public let wheel: TimerWheel
    private var worstLag: Duration = .zero

    // Held: the event belongs to the loop's base and must be freed first.
    private let loop: EventLoop
    private let event: UnsafeMutablePointer<event>
    private var due: Duration?

    /// Makes the clock of a loop. On the loop's thread.
    /// - Throws: when libevent can make no event.
    public init(loop: EventLoop) throws(LibeventError) {
        wheel = TimerWheel(clock: Self.now)
        guard let event = unsafe event_new(loop.base, -1, 0, onTick, nil) else {
            throw LibeventError("event_new")
        }
        unsafe self.event = event
        self.loop = loop
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe event_assign(event, loop.base, -1, 0, onTick, context)
        wheel.onSet = { [weak self] in self?.arm($0) }
        recordTurns()
    }

    deinit { unsafe event_free(event) }

    /// Returns the time of the wheel, on the monotonic clock (`CLOCK_MONOTONIC`). From any thread.
    public static func now() -> Duration {
        .nanoseconds(nanoseconds())
    }

    /// Returns the same time in nanoseconds, for an atomic.
    static func nanoseconds() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Returns the largest delay of a turn since the last call: the cost of a slow callback for all
    /// others.
    public func takeWorstLag() -> Duration {
        defer { worstLag = .zero }
        return worstLag
    }

    /// Records a turn at each interval, so that an idle loop does not look like a blocked one.
    private func recordTurns() {
        loop.recordTurn()
        wheel.schedule(after: EventLoop.turnRecordInterval) { [weak self] in
            self?.recordTurns()
        }
    }

    fileprivate func tick() {
        let now = Self.now()
        if let due { worstLag = max(worstLag, now - due) }
        due = nil
        wheel.advance()
        if let next = wheel.nextDeadline { arm(next) }
    }

    private func arm(_ next: Duration) {
        if let due, due <= next { return }
        due = next
        let delay = max(.zero, next - Self.now()).components
        var interval = timeval(
            tv_sec: Int(delay.seconds), tv_usec: Int(delay.attoseconds / 1_000_000_000_000) + 1)
        if interval.tv_usec >= 1_000_000 { interval.tv_usec = 999_999 }
        unsafe event_add(event, &interval)
    }
}

@c private func onTick(_: Int32, _: Int16, context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<LoopClock>.fromOpaque(context).takeUnretainedValue().tick()
}
