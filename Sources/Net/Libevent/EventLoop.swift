internal import CLibevent
internal import Glibc
internal import Synchronization

/// A libevent loop with its own thread, and the executor of the actor that is pinned to it.
///
/// Only the loop's thread calls libevent: the base has no locks. Other threads add work to the
/// inbox and, if it was empty, wake the loop with one write to an eventfd.
@safe public final class EventLoop: Sendable {
    /// Work that other threads have queued for the loop.
    enum Work {
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
    }

    private struct Inbox {
        var work: [Work] = []
        var isStopping = false
        var phase = Phase.running
    }

    /// Who does the work of the inbox.
    private enum Phase {
        /// The loop, or no thread yet.
        case running
        /// A thread that ends with it: the loop has ended.
        case late
        /// No thread: there is no work, and the loop has ended.
        case ended
    }

    /// The most jobs and closures in one turn: more would delay the sockets.
    private static let turnLimit = 4096

    // Accessed only on the loop's thread once it runs.
    nonisolated(unsafe) package let base: OpaquePointer
    nonisolated(unsafe) let socketEvents = EventPool()
    nonisolated(unsafe) private let wakeEvent: UnsafeMutablePointer<event>
    private let wakeDescriptor: Int32
    private let inbox = Mutex(Inbox())
    private let thread = Atomic<UInt>(0)
    /// The time of the last turn, in nanoseconds of the monotonic clock; 0 while the loop does not
    /// run.
    private let lastTurnNanoseconds = Atomic<Int64>(0)
    private let name: String

    /// Makes a loop that does not run yet (`start()`). Ignores SIGPIPE in the process.
    /// - Parameter name: the name of the thread in `top -H`; 15 bytes at most are used.
    /// - Throws: when libevent or the system has no resources left, for example descriptors.
    public init(name: String) throws(LibeventError) {
        // A write to a closed connection must return an error, not end the process.
        signal(SIGPIPE, SIG_IGN)
        guard let configuration = unsafe event_config_new() else {
            throw LibeventError("event_config_new")
        }
        defer { unsafe event_config_free(configuration) }
        unsafe event_config_set_flag(configuration, Int32(EVENT_BASE_FLAG_NOLOCK.rawValue))
        guard let base = unsafe event_base_new_with_config(configuration) else {
            throw LibeventError("event_base_new_with_config")
        }
        let descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else {
            unsafe event_base_free(base)
            throw LibeventError("eventfd")
        }
        let flags = Int16(EV_READ | EV_PERSIST)
        guard let event = unsafe event_new(base, descriptor, flags, onWake, nil) else {
            close(descriptor)
            unsafe event_base_free(base)
            throw LibeventError("event_new")
        }
        self.name = name
        wakeDescriptor = descriptor
        unsafe self.base = base
        unsafe wakeEvent = event
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe event_assign(event, base, descriptor, flags, onWake, context)
        unsafe event_add(event, nil)
    }

    deinit {
        unsafe event_free(wakeEvent)
        unsafe event_base_free(base)
        close(wakeDescriptor)
    }

    /// Starts the loop's thread.
    /// - Throws: when the system can make no thread.
    public func start() throws(LibeventError) {
        var handle = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let code = unsafe pthread_create(&handle, nil, runLoop, context)
        guard code == 0 else {
            unsafe Unmanaged<EventLoop>.fromOpaque(context).release()
            throw LibeventError("pthread_create", code: code)
        }
        pthread_detach(handle)
    }

    /// The longest time between two recorded turns of a loop that has a `LoopClock` and is not
    /// blocked.
    public static let turnRecordInterval: Duration = .milliseconds(250)

    /// When the loop recorded its last turn, on the clock of `LoopClock.now()`; nil while it does
    /// not run. From any thread.
    public var lastTurn: Duration? {
        let time = lastTurnNanoseconds.load(ordering: .relaxed)
        return time == 0 ? nil : .nanoseconds(time)
    }

    /// The time since the last recorded turn, minus twice `turnRecordInterval`; zero while the loop
    /// is not blocked. From any thread.
    public var silence: Duration {
        lastTurn.map { max(.zero, LoopClock.now() - $0 - Self.turnRecordInterval * 2) }
            ?? .zero
    }

    /// Returns whether the loop runs and has recorded no turn for `limit`: something blocks it. Only
    /// a loop that has a `LoopClock` records turns while nothing happens. From any thread.
    public func isStalled(now: Duration = LoopClock.now(), limit: Duration) -> Bool {
        lastTurn.map { now - $0 > limit } ?? false
    }

    /// Records the time of this turn. Does nothing on other threads.
    func recordTurn() {
        guard isCurrent else { return }
        lastTurnNanoseconds.store(LoopClock.nanoseconds(), ordering: .relaxed)
    }

    /// Ends the loop after the work that was queued before this call; returns at once. From any
    /// thread.
    ///
    /// Sockets and timers do nothing after that. Work that is queued later still runs, on a thread
    /// that takes the place of the loop's: a caller may wait for it, and it holds what it uses.
    public func stop() {
        inbox.withLock { $0.isStopping = true }
        wake()
    }

    /// Runs `work` on the loop's thread, in a later turn, in the order of the calls. From any
    /// thread.
    public func execute(_ work: @escaping @Sendable () -> Void) { post(.closure(work)) }

    /// Whether the caller is on the loop's thread.
    public var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Queues work, and wakes the loop if its inbox was empty.
    func post(_ work: Work) {
        let (mustWake, mustStart) = inbox.withLock { inbox in
            inbox.work.append(work)
            guard inbox.phase == .ended else { return (inbox.work.count == 1, false) }
            inbox.phase = .late
            return (false, true)
        }
        if mustWake { wake() }
        if mustStart { startLate() }
    }

    /// Starts a thread for work that comes after the end of the loop.
    private func startLate() {
        var handle = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        guard unsafe pthread_create(&handle, nil, runLate, context) == 0 else {
            // Tried again with the next work.
            inbox.withLock { $0.phase = .ended }
            return unsafe Unmanaged<EventLoop>.fromOpaque(context).release()
        }
        pthread_detach(handle)
    }

    /// Does the work that is left after the end of the loop, until there is none.
    fileprivate func finish() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        while let work = nextLate() {
            for item in work { perform(item) }
        }
    }

    private func nextLate() -> [Work]? {
        inbox.withLock { inbox in
            guard inbox.work.isEmpty else {
                inbox.phase = .late
                defer { inbox.work = [] }
                return inbox.work
            }
            // Before another thread may take its place.
            thread.store(0, ordering: .relaxed)
            inbox.phase = .ended
            return nil
        }
    }

    private func wake() { eventfd_write(wakeDescriptor, 1) }

    fileprivate func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        recordTurn()
        unsafe name.withCString { unsafe directory_name_thread($0) }
        _ = unsafe event_base_loop(base, Int32(EVLOOP_NO_EXIT_ON_EMPTY))
        lastTurnNanoseconds.store(0, ordering: .relaxed)
        finish()
    }

    fileprivate func drain() {
        recordTurn()
        var ticks: eventfd_t = 0
        _ = unsafe eventfd_read(wakeDescriptor, &ticks)
        let (turn, rest, stopping) = inbox.withLock { inbox in
            let turn = inbox.work.prefix(Self.turnLimit)
            inbox.work.removeFirst(turn.count)
            return (turn, inbox.work.count, inbox.isStopping)
        }
        if rest > 0 { wake() }
        for work in turn { perform(work) }
        if stopping, rest == 0 { unsafe event_base_loopbreak(base) }
    }

    private func perform(_ work: Work) {
        switch work {
        case .closure(let closure): closure()
        case .job(let job): run(job)
        }
    }
}

@c private func onWake(_: Int32, _: Int16, context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue().drain()
}

@c private func runLate(context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context = unsafe context {
        unsafe Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().finish()
    }
    return nil
}

@c private func runLoop(context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context = unsafe context {
        unsafe Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().run()
    }
    return nil
}
