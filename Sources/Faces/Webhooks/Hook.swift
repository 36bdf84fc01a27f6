internal import DequeModule
internal import Directory
internal import Events
internal import Outbound

/// A webhook in memory. While nothing is left to deliver, it is only this: what is needed to deliver
/// is in `active`. Belongs to the loop.
final class Hook {
    /// What a webhook is doing.
    enum Phase: Equatable {
        /// There is nothing to deliver.
        case idle
        /// There may be something to deliver: it waits for its turn.
        case ready
        /// The next attempt is later; on the monotonic clock.
        case waiting(until: Duration)
        /// A request or a read is in flight.
        case running
        /// Nothing is sent.
        case disabled
    }

    /// What is needed to deliver.
    struct Active {
        /// Events that are to be sent next.
        var queue: Deque<SharedEvent> = []
        /// Up to here, the queue has every event that matches.
        var readTo: EventPlace
        /// Whether the queue has every event up to the tail, so that the next one can be added.
        var isConnected: Bool
        /// Whether events are sent at a bounded rate, because many have to be sent again or late.
        var isCatchingUp = false
        /// When the oldest event that is left was published, microseconds since 1970; nil when that
        /// is not known.
        var pendingSince: Int64?
    }

    /// The webhook as it is, which may be ahead of the store.
    var webhook: StoredWebhook
    var phase: Phase
    /// nil while it is idle.
    var active: Active?
    /// Rises when the place is set from outside: an attempt that began before does not move it.
    var generation: UInt32 = 0
    /// Which address of the receiver is used; another one after a failure.
    var addressIndex: UInt32 = 0
    /// Whether the last attempt had failed when the one in flight began.
    var beganAsSuspect = false
    /// Whether the last attempt failed.
    var isSuspect: Bool { webhook.progress.failures > 0 }
    var isRemoved = false
    /// Whether a change of its settings or keys is under way.
    var isChanging = false
    /// Whether its progress is not in the store yet.
    var isDirty = false

    init(_ webhook: StoredWebhook) {
        self.webhook = webhook
        phase = webhook.progress.isEnabled ? .idle : .disabled
    }

    /// The place after the newest event that was delivered; nil when it is the tail.
    var place: EventPlace? { webhook.progress.place }

    /// Begins to deliver from a place on, which is read from the log.
    func restart(after place: EventPlace, catchesUp: Bool) {
        webhook.progress.place = place
        active = Active(readTo: place, isConnected: false, isCatchingUp: catchesUp)
        generation &+= 1
    }
}

extension WebhookSettings {
    /// Matches the events that are sent.
    var matcher: EventMatcher {
        EventMatcher([asked] + (restriction.map { [$0] } ?? []))
    }
}
