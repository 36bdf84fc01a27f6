internal import Directory
internal import Events
internal import Logging
internal import Text

/// What is written, and what is kept of the log.
extension WebhookService {
    /// Writes what has changed, and returns when it is durable.
    /// - Throws: `DirectoryError.storeUnavailable`. Then it is tried again later.
    func flush() async throws(DirectoryError) {
        while book.isWriting {
            await withCheckedContinuation { book.waiters.append($0) }
        }
        let changed = book.begin()
        guard !order.isEmpty else { return book.end(failed: nil, now: clock.monotonic()) }
        var checkpoint = WebhookCheckpoint(tail: tail, retained: retainedPlace)
        checkpoint.progress = changed.dirty.map { ($0.webhook.row, $0.webhook.progress) }
        checkpoint.deliveries = changed.deliveries
        do {
            try await store.write(checkpoint)
            book.end(failed: nil, now: clock.monotonic())
            startDue()
        } catch {
            book.end(failed: changed, now: clock.monotonic())
            logger.error(
                "the progress of webhooks cannot be stored", metadata: ["reason": "\(error)"])
            startDue()
            throw error
        }
    }

    /// The place after which no event may be evicted: that of the webhook that is the furthest behind,
    /// but within the longest lag.
    private var retainedPlace: EventPlace {
        let oldest = order.lazy.compactMap(\.place).min() ?? tail
        let limit = EventPlace(after: max(0, tail.position - Int64(options.maxLagEvents)))
        return max(min(oldest, tail), lagLimit, limit)
    }

    /// Finds the place before which events are too old to be kept for a webhook.
    func lookForOldEvents() async {
        // The time since the start on the monotonic clock: a step of the wall clock makes nothing old.
        let elapsed = clock.monotonic() - startTimes.monotonic
        let age = (elapsed - options.maxLag) / .microseconds(1)
        let time = startTimes.wall + Int64(age)
        switch try? await log.start(since: time) {
        case .known(let place): lagLimit = min(place, tail)
        case .unknown, .cut, nil: break
        }
        if lagLimit > (order.lazy.compactMap(\.place).min() ?? tail) {
            book.tailMoved(now: clock.monotonic())
        }
        await findPending()
        startDue()
    }

    /// The most webhooks whose oldest event is looked for at a time.
    private static let pendingLimit = 64

    /// Finds when the oldest event that is left was published, where that is not known after a start.
    private func findPending() async {
        let unknown = order.lazy.filter { hook in
            hook.place != nil && hook.phase != .running && hook.active?.pendingSince == nil
        }.prefix(Self.pendingLimit)
        for hook in Array(unknown) {
            guard let place = hook.place else { continue }
            let generation = hook.generation
            let settings = hook.webhook.settings
            let page = try? await log.page(
                after: place, through: tail,
                matching: settings.matcher,
                limits: EventPageLimits(events: 1))
            guard let time = page?.events.first?.event.timestamp, generation == hook.generation,
                let current = hook.place, current == place
            else { continue }
            if hook.active == nil { hook.active = Hook.Active(readTo: place, isConnected: false) }
            hook.active?.pendingSince = time
        }
    }

    /// Returns a webhook with its lag.
    func status(of hook: Hook) -> WebhookStatus {
        var (events, lag): (Int, Duration?) = (0, .zero)
        if let place = hook.place {
            events = Int(max(0, tail.position - place.position))
            let age = hook.active?.pendingSince.map { clock.wall() - $0 }
            lag = events == 0 ? .zero : age.map { .microseconds(max(0, $0)) }
        }
        return WebhookStatus(webhook: hook.webhook, lagEvents: events, lag: lag)
    }

    /// Returns the figures of all webhooks.
    public func snapshot() -> WebhookStatistics {
        var figures = statistics
        for hook in order {
            if hook.webhook.progress.isEnabled {
                figures.enabled += 1
            } else {
                figures.disabled += 1
            }
            guard hook.place != nil else { continue }
            let status = status(of: hook)
            figures.lagEvents = max(figures.lagEvents, status.lagEvents)
            figures.lag = max(figures.lag, status.lag ?? .zero)
        }
        return figures
    }
}
