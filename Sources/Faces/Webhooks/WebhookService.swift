public import Directory
internal import Events
public import Libevent
public import Logging
public import Outbound
internal import Synchronization
internal import Text

/// Delivers the events of the log to webhooks: at least once, and in order for each.
///
/// A webhook is a place in the log. One reader goes through the log for all of them, and gives each
/// event to those whose filter it matches; a webhook that has fallen behind reads the log itself. An
/// actor on the loop of the requests, so that a delivery changes no thread.
public actor WebhookService {
    let store: Store
    let log: any EventLog
    let transport: any MessageTransport
    let options: WebhookOptions
    let clock: WebhookClock
    let logger: Logger
    private nonisolated let loop: EventLoop
    /// Whether there are webhooks, and whether a wake-up for new events is on its way.
    private nonisolated let hasWebhooks = Atomic(false)
    private nonisolated let isWoken = Atomic(false)

    var hooks: [ExactString: Hook] = [:]
    /// In the order of their rows.
    var order: [Hook] = []
    var index = FilterIndex()
    var schedule: DeliverySchedule
    /// Up to here, every event was given to the webhooks that it is for.
    var tail = EventPlace.start
    private var isReading = false
    /// Webhooks that begin after the tail.
    private var newcomers: [Hook] = []
    var book: CheckpointBook
    var statistics = WebhookStatistics()
    /// Who waits until a webhook has no request in flight.
    var waiters: [ObjectIdentifier: [CheckedContinuation<Void, Never>]] = [:]
    /// Who waits until no other change of a webhook is under way.
    var changers: [ObjectIdentifier: [CheckedContinuation<Void, Never>]] = [:]
    var testCount = 0
    private var timer: LoopTimer?
    private(set) var isStarted = false
    var isStopped = false
    /// The place before which events are older than the longest lag, as of the last look.
    var lagLimit = EventPlace.start
    private var nextLook: Duration
    /// The clocks at the start: the age of events is measured from here on, so that a step of the wall
    /// clock does not make them old.
    let startTimes: (wall: Int64, monotonic: Duration)

    /// How often old events are looked for.
    private static let lookInterval: Duration = .seconds(10)
    /// The most events that wait in the queue of one webhook.
    private static let queueLimit = 32
    private static let tailPage = EventPageLimits(events: 256)

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    /// Makes the service; `start` begins the delivery.
    /// - Parameters:
    ///   - loop: where it runs: that of the transport, and no loop of the gateway.
    public init(
        store: Store, transport: any MessageTransport, loop: EventLoop, options: WebhookOptions,
        clock: WebhookClock, logger: Logger
    ) {
        self.store = store
        log = store.eventLog
        self.transport = transport
        self.loop = loop
        self.options = options
        self.clock = clock
        self.logger = logger
        schedule = DeliverySchedule(limit: options.concurrency)
        startTimes = (clock.wall(), clock.monotonic())
        nextLook = startTimes.monotonic
        book = CheckpointBook(now: startTimes.monotonic)
    }

    /// Continues the webhooks of the store.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public func start() async throws(DirectoryError) {
        let state = try await store.webhooks()
        tail = state.tail
        for webhook in state.webhooks { resume(webhook) }
        do { timer = try LoopTimer(loop: loop) { [weak self] in self?.fire() } } catch {
            throw .storeUnavailable("\(error)")
        }
        isStarted = true
        hasWebhooks.store(!order.isEmpty, ordering: .releasing)
        readTail()
        startDue()
    }

    /// Ends the delivery: requests in flight are cancelled, and are repeated after the next start.
    public func stop() async {
        guard !isStopped else { return }
        isStopped = true
        hasWebhooks.store(false, ordering: .releasing)
        timer = nil
        await transport.close()
        try? await flush()
    }

    /// Notices that events were published. From any thread; never blocks.
    public nonisolated func eventsPublished() {
        guard hasWebhooks.load(ordering: .acquiring),
            !isWoken.exchange(true, ordering: .acquiringAndReleasing)
        else { return }
        loop.execute { self.assumeIsolated { $0.readTail() } }
    }

    private nonisolated func fire() { assumeIsolated { $0.startDue() } }

    // MARK: Webhooks

    private func resume(_ webhook: StoredWebhook) {
        let hook = insert(webhook)
        guard webhook.progress.isEnabled, let place = webhook.progress.place else { return }
        let isFarBehind = tail.position - place.position > Int64(options.catchUpRate) * 2
        hook.restart(after: place, catchesUp: isFarBehind || webhook.progress.failures > 0)
        guard let due = webhook.progress.nextAttemptAt, webhook.progress.failures > 0 else {
            return schedule.makeReady(hook)
        }
        // The wall clock may have stepped meanwhile: never longer than what can have been set.
        let wait = min(
            max(.zero, .microseconds(due.subtractingReportingOverflow(clock.wall()).partialValue)),
            options.retries.longest(after: webhook.progress.failures))
        schedule.wait(hook, until: clock.monotonic() + wait)
    }

    /// Adds a webhook that is stored.
    @discardableResult
    func insert(_ webhook: StoredWebhook) -> Hook {
        let hook = Hook(webhook)
        hooks[ExactString(webhook.id)] = hook
        order.append(hook)
        if webhook.progress.isEnabled { index.insert(hook) }
        return hook
    }

    /// Adds a new webhook, which begins after a place that may be later than the tail.
    func begin(_ webhook: StoredWebhook) {
        let hook = insert(webhook)
        if order.count == 1 { tail = webhook.progress.place ?? tail }
        hook.active = Hook.Active(readTo: webhook.progress.place ?? tail, isConnected: true)
        newcomers.append(hook)
        settleNewcomers()
        hasWebhooks.store(true, ordering: .releasing)
        readTail()
        startDue()
    }

    /// Removes a webhook from memory.
    func remove(_ hook: Hook) {
        hook.isRemoved = true
        hooks[ExactString(hook.webhook.id)] = nil
        order.removeAll { $0 === hook }
        if hook.webhook.progress.isEnabled { index.remove(hook) }
        if hook.phase != .running { hook.phase = .disabled }
        book.forget(hook)
        hasWebhooks.store(!order.isEmpty, ordering: .releasing)
    }

    // MARK: The tail of the log

    /// Reads what was published since. While that is being done, the wake-up is left for the reader,
    /// who may have passed the end of the log before.
    func readTail() {
        guard isStarted, !isStopped, !isReading, !order.isEmpty else { return }
        isReading = true
        Task { await readToEnd() }
    }

    private func readToEnd() async {
        defer { isReading = false }
        while !isStopped, !order.isEmpty {
            let start = tail
            // With what is published from here on, there will be another wake-up.
            isWoken.store(false, ordering: .releasing)
            let page: EventPage
            do {
                page = try await log.page(
                    after: start, through: nil, matching: .all, limits: Self.tailPage)
            } catch {
                book.tailFailed(now: clock.monotonic())
                logger.error("the event log cannot be read", metadata: ["reason": "\(error)"])
                return armTimer()
            }
            // The last webhook was removed meanwhile, and a new one begins later.
            guard tail == start else { continue }
            if page.evictedCount > 0 { disconnectAll(at: start) }
            for logged in page.events {
                let event = SharedEvent(logged, source: options.source)
                index.forEach(matching: event.event) { offer(event, to: $0) }
            }
            tail = page.next
            if tail != start { book.tailMoved(now: clock.monotonic()) }
            settleNewcomers()
            startDue()
            if page.isAtEnd, !isWoken.load(ordering: .acquiring) { return }
        }
    }

    /// Gives an event of the tail to a webhook that it is for.
    private func offer(_ event: SharedEvent, to hook: Hook) {
        if hook.active.isNil {
            let before = EventPlace(after: event.place.position - 1)
            hook.webhook.progress.place = before
            hook.active = Hook.Active(readTo: before, isConnected: true)
            book.markDirty(hook, now: clock.monotonic())
        }
        guard let active = hook.active, active.isConnected, event.place > active.readTo else {
            return
        }
        guard active.queue.count < Self.queueLimit else {
            hook.active?.isConnected = false
            return
        }
        hook.active?.queue.append(event)
        hook.active?.readTo = event.place
        if active.pendingSince.isNil { hook.active?.pendingSince = event.event.timestamp }
        if hook.phase == .idle { schedule.makeReady(hook) }
    }

    /// Lets every webhook that follows the tail read the log itself, from a place where events are
    /// missing. One that has events to send reads it when they are sent.
    private func disconnectAll(at place: EventPlace) {
        for hook in order where hook.webhook.progress.isEnabled {
            guard hook.active.isNil else {
                hook.active?.isConnected = false
                continue
            }
            hook.restart(after: place, catchesUp: true)
            book.markDirty(hook, now: clock.monotonic())
            if hook.phase == .idle { schedule.makeReady(hook) }
        }
    }

    /// New webhooks follow the tail as soon as it has reached the place where they begin.
    private func settleNewcomers() {
        newcomers.removeAll { hook in
            guard let active = hook.active, !hook.isRemoved else { return true }
            guard active.readTo <= tail || !active.queue.isEmpty else { return false }
            if hook.phase == .idle { settle(hook) }
            return true
        }
    }

    /// Decides what a webhook does after a request or a read.
    func settle(_ hook: Hook) {
        guard hook.phase == .idle, let active = hook.active else { return }
        guard active.queue.isEmpty, active.isConnected, active.readTo <= tail else {
            return schedule.makeReady(hook)
        }
        hook.active = nil
        hook.webhook.progress.place = nil
        book.markDirty(hook, now: clock.monotonic())
    }

    // MARK: Time

    /// Starts what is due, and sets the timer for what is due next.
    func startDue() {
        guard isStarted, !isStopped else { return }
        let now = clock.monotonic()
        while let hook = schedule.next(now: now) { Task { await attempt(hook) } }
        if book.isDue(now) { Task { try? await flush() } }
        if book.isTailDue(now) { readTail() }
        if now >= nextLook, !order.isEmpty {
            nextLook = now + Self.lookInterval
            Task { await lookForOldEvents() }
        }
        armTimer()
    }

    private func armTimer() {
        guard let timer, !order.isEmpty || book.nextTime != nil else { return }
        let times = [schedule.nextTime, book.nextTime, nextLook].compactMap { $0 }
        guard let next = times.min() else { return }
        timer.schedule(after: max(.milliseconds(1), next - clock.monotonic()))
    }
}
