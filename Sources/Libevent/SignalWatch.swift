internal import CLibevent
internal import Glibc

/// A signal of the process as an event of a loop.
///
/// libevent delivers signals to one loop of a process only: all watches go to the same one.
@safe public final class SignalWatch {
    private let event: UnsafeMutablePointer<event>
    private let action: () -> Void

    /// On the loop's thread, as every call.
    /// - Parameter number: `SIGTERM`, `SIGHUP`…
    public init(_ number: Int32, on loop: EventLoop, action: @escaping () -> Void)
        throws(LibeventError)
    {
        let flags = Int16(EV_SIGNAL | EV_PERSIST)
        guard let event = unsafe event_new(loop.base, number, flags, onSignal, nil) else {
            throw LibeventError("event_new")
        }
        unsafe self.event = event
        self.action = action
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe event_assign(event, loop.base, number, flags, onSignal, context)
        unsafe event_add(event, nil)
        unblock(number)
    }

    deinit { unsafe event_free(event) }

    fileprivate func fire() { action() }

    /// A parent that had the signal blocked hands that on to us; here it must come through.
    private func unblock(_ number: Int32) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, number)
        unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }
}

@c private func onSignal(_: Int32, _: Int16, context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<SignalWatch>.fromOpaque(context).takeUnretainedValue().fire()
}
