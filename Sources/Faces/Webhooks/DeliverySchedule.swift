internal import DequeModule
internal import Directory
internal import HeapModule

/// Decides which webhook may send next. One for all webhooks: an idle one is not in it at all, and a
/// waiting one is an entry in its heap. Time is passed in, on the monotonic clock. Belongs to the loop.
///
/// Webhooks take turns: after each message one goes to the end of the queue. Those whose last attempt
/// failed may take only a quarter of the places, so that receivers that hang keep no place from those
/// that work.
struct DeliverySchedule {
    private struct Due: Comparable {
        let time: Duration
        let hook: Hook

        static func < (a: Due, b: Due) -> Bool { a.time < b.time }
        static func == (a: Due, b: Due) -> Bool { a.time == b.time && a.hook === b.hook }
    }

    /// The most requests at a time.
    private let limit: Int
    private var ready: Deque<Hook> = []
    private var suspects: Deque<Hook> = []
    private var waiting = Heap<Due>()
    private(set) var runningCount = 0
    private var runningSuspects = 0
    /// Whether it is the turn of those whose last attempt failed.
    private var isTurnOfSuspects = false

    init(limit: Int) { self.limit = max(1, limit) }

    private var suspectLimit: Int { max(1, limit / 4) }

    /// Lets a webhook that is idle or waiting send when it is its turn.
    mutating func makeReady(_ hook: Hook) {
        switch hook.phase {
        case .idle, .waiting:
            hook.phase = .ready
            if hook.isSuspect { suspects.append(hook) } else { ready.append(hook) }
        case .ready, .running, .disabled: break
        }
    }

    /// Lets a webhook send at a time.
    mutating func wait(_ hook: Hook, until time: Duration) {
        hook.phase = .waiting(until: time)
        waiting.insert(Due(time: time, hook: hook))
    }

    /// Takes the next webhook that may send now; it is running then, and `end` must be called.
    mutating func next(now: Duration) -> Hook? {
        while let due = waiting.min, due.time <= now {
            waiting.removeMin()
            // It may have been disabled, or set to another time.
            if due.hook.phase == .waiting(until: due.time) { makeReady(due.hook) }
        }
        while runningCount < limit {
            guard let hook = takeReady() else { return nil }
            guard hook.phase == .ready else { continue }
            begin(hook)
            return hook
        }
        return nil
    }

    private mutating func takeReady() -> Hook? {
        let mayTakeSuspect = !suspects.isEmpty && runningSuspects < suspectLimit
        defer { isTurnOfSuspects.toggle() }
        if mayTakeSuspect, isTurnOfSuspects || ready.isEmpty { return suspects.popFirst() }
        return ready.popFirst()
    }

    /// Counts a request of a webhook, whichever its turn: for a test of its receiver.
    mutating func begin(_ hook: Hook) {
        hook.phase = .running
        hook.beganAsSuspect = hook.isSuspect
        runningCount += 1
        if hook.isSuspect { runningSuspects += 1 }
    }

    /// Ends what `next` or `begin` began. The webhook is idle, or disabled, until it is made ready or
    /// waits again.
    mutating func end(_ hook: Hook) {
        runningCount -= 1
        if hook.beganAsSuspect { runningSuspects -= 1 }
        hook.phase = hook.webhook.progress.isEnabled && !hook.isRemoved ? .idle : .disabled
    }

    /// When `next` may find another webhook without anything else happening; nil when it cannot.
    var nextTime: Duration? { runningCount < limit ? waiting.min?.time : nil }
}
