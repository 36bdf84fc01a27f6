internal import CLibevent
internal import Glibc
internal import Synchronization

/// A thread that handles signals of the process. It receives them while every loop is blocked, and
/// whatever signals other threads have blocked.
///
/// The handler writes the signal's number into a pipe, and the thread reads it. The thread also
/// calls deadlines, so that a watchdog needs no loop. It runs until the process ends, and the
/// handlers stay installed. If several threads were started for a signal, the latest receives it.
public final class SignalThread: Sendable {
    private struct Deadline {
        let time: Duration
        let action: @Sendable () -> Void
    }

    /// The byte that makes the thread check its deadlines again; no signal has this number.
    private static let wake: UInt8 = 0

    private let readEnd: Int32
    private let writeEnd: Int32
    private let signals: [Int32]
    private let action: @Sendable (Int32) -> Void
    private let deadlines = Mutex<[Deadline]>([])

    /// Starts the thread and installs the handlers.
    /// - Parameters:
    ///   - signals: `SIGTERM`, `SIGHUP`…
    ///   - action: called on the thread, one signal after the other. Equal signals that arrive at
    ///     the same time may be reported once.
    /// - Throws: when the system has no descriptor or thread left, or a number is not a signal.
    public init(_ signals: [Int32], action: @escaping @Sendable (Int32) -> Void)
        throws(LibeventError)
    {
        var ends: [Int32] = [-1, -1]
        // A socket pair and not a pipe: its close-on-exec flag is set from the start, so that a
        // program that is started meanwhile does not inherit it.
        let kind = Int32(
            SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw LibeventError("socketpair")
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
        self.signals = signals
        self.action = action
        var handle = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let code = unsafe pthread_create(&handle, nil, runSignals, context)
        guard code == 0 else {
            unsafe Unmanaged<SignalThread>.fromOpaque(context).release()
            throw LibeventError("pthread_create", code: code)
        }
        pthread_detach(handle)
        for number in signals where directory_catch_signal(number, writeEnd) != 0 {
            throw LibeventError("sigaction")
        }
    }

    /// Calls `action` on the signals' thread, once, after `delay`. From any thread.
    public func arm(after delay: Duration, action: @escaping @Sendable () -> Void) {
        // Longer than any process runs, and the sum cannot overflow.
        let time = LoopClock.now() + min(delay, .seconds(1 << 32))
        deadlines.withLock { $0.append(Deadline(time: time, action: action)) }
        var byte = Self.wake
        _ = unsafe write(writeEnd, &byte, 1)
    }

    fileprivate func run() -> Never {
        unsafe "signals".withCString { unsafe directory_name_thread($0) }
        unblock()
        while true {
            for number in received() { action(Int32(number)) }
            for action in due() { action() }
        }
    }

    /// Unblocks the signals on this thread. It inherits the mask of the thread that started it, and
    /// that one the mask of the parent process.
    private func unblock() {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in signals { unsafe sigaddset(&set, number) }
        unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// Waits for signals, or for the next deadline.
    private func received() -> [UInt8] {
        var poll = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        guard unsafe Glibc.poll(&poll, 1, pollTimeout) > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = unsafe read(readEnd, &bytes, bytes.count)
        return bytes.prefix(max(0, count)).filter { $0 != Self.wake }
    }

    /// Milliseconds until the next deadline, rounded up; −1 without one.
    private var pollTimeout: Int32 {
        let next = deadlines.withLock { $0.map(\.time).min() }
        guard let next else { return -1 }
        let left = max(.zero, next - LoopClock.now())
        // A day at most, then it is computed again.
        return Int32(min(left, .seconds(86_400)) / .milliseconds(1)) + 1
    }

    private func due() -> [@Sendable () -> Void] {
        let now = LoopClock.now()
        return deadlines.withLock { deadlines in
            let due = deadlines.filter { $0.time <= now }
            deadlines.removeAll { $0.time <= now }
            return due.sorted { $0.time < $1.time }.map(\.action)
        }
    }
}

@c private func runSignals(context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context = unsafe context {
        unsafe Unmanaged<SignalThread>.fromOpaque(context).takeRetainedValue().run()
    }
    return nil
}
