internal import CLibevent
internal import Glibc

/// Drives a loop's timer wheel with libevent's one timer, says how late the loop runs, and has it
/// leave its signs of life.
@safe public final class LoopClock {
    /// The wheel that is turned.
    public let wheel: TimerWheel
    private var worstLag: Duration = .zero

    // Held: the event is the loop's, and must go before it.
    private let loop: EventLoop
    private let event: UnsafeMutablePointer<event>
    private var due: Duration?

    /// On the loop's thread.
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

    /// The monotonic clock (`CLOCK_MONOTONIC`), the scale of the wheel.
    public static func now() -> Duration {
        .nanoseconds(nanoseconds())
    }

    /// The same as a number, for an atomic.
    static func nanoseconds() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// How late the latest turn since the last call was: what a callback that hogs the loop costs
    /// the others.
    public func takeWorstLag() -> Duration {
        defer { worstLag = .zero }
        return worstLag
    }

    /// A loop at rest must not look like one that is blocked.
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
