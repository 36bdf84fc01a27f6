internal import CLibevent
internal import Glibc

/// One timer of its own on a loop, exact to the microsecond.
///
/// For a C library that sets its next step in milliseconds: the slots of `TimerWheel` would add
/// up to 20 ms to each of them. Belongs to the loop's thread.
@safe public final class LoopTimer {
    // Held: the event is the loop's, and must go before it.
    private let loop: EventLoop
    private let event: UnsafeMutablePointer<event>
    private let onFire: () -> Void

    /// Makes a timer that is not set.
    /// - Parameter onFire: called on the loop's thread, once for each `schedule(after:)`.
    /// - Throws: when there is no memory for it.
    public init(loop: EventLoop, onFire: @escaping () -> Void) throws(LibeventError) {
        guard let event = unsafe event_new(loop.base, -1, 0, onTimer, nil) else {
            throw LibeventError("event_new")
        }
        unsafe self.event = event
        self.loop = loop
        self.onFire = onFire
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe event_assign(event, loop.base, -1, 0, onTimer, context)
    }

    deinit { unsafe event_free(event) }

    /// Sets the timer, in place of what was set before. Zero means the next turn of the loop.
    public func schedule(after delay: Duration) {
        let delay = max(.zero, delay).components
        var interval = timeval(
            tv_sec: Int(delay.seconds), tv_usec: Int(delay.attoseconds / 1_000_000_000_000))
        unsafe event_add(event, &interval)
    }

    /// Makes sure that the timer does not fire.
    public func cancel() { unsafe event_del(event) }

    fileprivate func fire() { onFire() }
}

@c private func onTimer(_: Int32, _: Int16, context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<LoopTimer>.fromOpaque(context).takeUnretainedValue().fire()
}
