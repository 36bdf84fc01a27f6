internal import Directory
internal import Events
internal import Text

/// What has changed since the last checkpoint, and when the next one is due. Belongs to the loop.
///
/// What was delivered since the last checkpoint is delivered again after the process was killed. So one
/// follows within a tenth of a second, for all webhooks together.
struct CheckpointBook {
    private static let interval: Duration = .milliseconds(100)
    /// Where only the tail has moved, nothing would be delivered again.
    private static let tailInterval: Duration = .seconds(1)
    private static let retryInterval: Duration = .seconds(1)
    /// The most attempts that wait to be stored; beyond it, the oldest are forgotten.
    private static let deliveryLimit = 20_000

    private(set) var dirty: [Hook] = []
    private(set) var deliveries: [(row: Int64, delivery: WebhookDelivery)] = []
    private var last: Duration
    private var due: Duration?
    private var tailDue: Duration?
    var isWriting = false
    /// Who waits for the end of a checkpoint.
    var waiters: [CheckedContinuation<Void, Never>] = []

    init(now: Duration) { last = now }

    /// Records that the progress of a webhook has changed.
    mutating func markDirty(_ hook: Hook, now: Duration) {
        schedule(at: max(now, last + Self.interval))
        guard !hook.isDirty else { return }
        hook.isDirty = true
        dirty.append(hook)
    }

    /// Records that the tail has moved.
    mutating func tailMoved(now: Duration) { schedule(at: max(now, last + Self.tailInterval)) }

    /// Records that the tail could not be read.
    mutating func tailFailed(now: Duration) { tailDue = now + Self.retryInterval }

    /// Records an attempt.
    mutating func append(_ delivery: WebhookDelivery, of hook: Hook) {
        deliveries.append((hook.webhook.row, delivery))
        if deliveries.count > Self.deliveryLimit { deliveries.removeFirst(deliveries.count / 2) }
    }

    /// Forgets a webhook that was removed.
    mutating func forget(_ hook: Hook) {
        if hook.isDirty { dirty.removeAll { $0 === hook } }
        hook.isDirty = false
        deliveries.removeAll { $0.row == hook.webhook.row }
    }

    private mutating func schedule(at time: Duration) { due = min(due ?? time, time) }

    /// Whether a checkpoint is to be written now.
    func isDue(_ now: Duration) -> Bool { !isWriting && due.map { $0 <= now } ?? false }

    /// Whether the tail is to be read again now.
    mutating func isTailDue(_ now: Duration) -> Bool {
        guard let tailDue, tailDue <= now else { return false }
        self.tailDue = nil
        return true
    }

    /// When something is due; nil when nothing is.
    var nextTime: Duration? { [isWriting ? nil : due, tailDue].compactMap { $0 }.min() }

    /// Begins a checkpoint.
    /// - Returns: what it writes.
    mutating func begin() -> (dirty: [Hook], deliveries: [(row: Int64, delivery: WebhookDelivery)])
    {
        defer { (dirty, deliveries, due, isWriting) = ([], [], nil, true) }
        for hook in dirty { hook.isDirty = false }
        return (dirty, deliveries)
    }

    /// Ends a checkpoint.
    /// - Parameter failed: what it could not write.
    mutating func end(
        failed: (dirty: [Hook], deliveries: [(row: Int64, delivery: WebhookDelivery)])?,
        now: Duration
    ) {
        (isWriting, last) = (false, now)
        if let failed {
            for hook in failed.dirty where !hook.isDirty && !hook.isRemoved {
                hook.isDirty = true
                dirty.append(hook)
            }
            deliveries = Array((failed.deliveries + deliveries).suffix(Self.deliveryLimit))
            due = now + Self.retryInterval
        } else if let time = due {
            due = max(time, now + Self.interval)
        }
        let waiters = waiters
        self.waiters = []
        for waiter in waiters { waiter.resume() }
    }
}
