internal import DequeModule
internal import Directory
internal import Events
internal import Logging
internal import Outbound
internal import Text

/// The attempts.
extension WebhookService {
    /// What a webhook sends next.
    private enum Next {
        case message(Message)
        /// Nothing is left, or its place was set from outside meanwhile.
        case nothing
        /// The log cannot be read at the moment.
        case unreadable
    }

    /// The pause after the log could not be read.
    private static let readPause: Duration = .seconds(1)

    /// Sends the next message of a webhook that is running.
    func attempt(_ hook: Hook) async {
        let generation = hook.generation
        switch await next(hook, generation) {
        case .message(let message):
            let result = await send(message, of: hook)
            if !isStopped, !hook.isRemoved {
                conclude(hook, message, result, isCurrent: generation == hook.generation)
            } else {
                schedule.end(hook)
            }
        case .nothing:
            schedule.end(hook)
            settle(hook)
        case .unreadable:
            schedule.end(hook)
            if hook.phase == .idle {
                schedule.wait(hook, until: clock.monotonic() + Self.readPause)
            }
        }
        wakeWaiters(of: hook)
        startDue()
    }

    private func next(_ hook: Hook, _ generation: UInt32) async -> Next {
        guard hook.webhook.progress.isEnabled, let active = hook.active else { return .nothing }
        let settings = hook.webhook.settings
        if let message = Message(active.queue, settings.format) { return .message(message) }
        let (start, end) = (active.readTo, tail)
        guard !active.isConnected, start < end else {
            hook.active?.isConnected = true
            return .nothing
        }
        let page: EventPage
        do {
            page = try await log.page(
                after: start, through: end,
                matching: settings.matcher,
                limits: EventPageLimits(events: Message.batchLimit, bytes: 256 << 10))
        } catch {
            logger.error("the event log cannot be read", metadata: ["reason": "\(error)"])
            return .unreadable
        }
        guard generation == hook.generation, hook.active != nil, !hook.isRemoved else {
            return .nothing
        }
        if page.evictedCount > 0 {
            hook.active?.pendingSince = nil
            return .message(
                .gap(
                    of: hook.webhook, missed: page.evictedCount, from: start,
                    source: options.source, time: clock.wall()))
        }
        hook.active?.readTo = page.next
        hook.active?.isConnected = page.isAtEnd && tail == end
        let events = page.events.map { SharedEvent($0, source: options.source) }
        hook.active?.queue = Deque(events)
        hook.active?.pendingSince = events.first?.event.timestamp
        if let message = Message(events, settings.format) { return .message(message) }
        hook.webhook.progress.place = page.next
        book.markDirty(hook, now: clock.monotonic())
        return .nothing
    }

    /// What became of a request, with its times.
    struct Sent {
        let result: OutboundResult
        /// When it began, microseconds since 1970.
        let at: Int64
        let took: Duration
    }

    /// Sends a message once.
    func send(_ message: Message, of hook: Hook) async -> Sent {
        let (wall, start) = (clock.wall(), clock.monotonic())
        let webhook = hook.webhook
        let url: OutboundURL
        do { url = try OutboundURL(webhook.settings.url) } catch {
            return Sent(result: .failure("the URL \(error.reason)"), at: wall, took: .zero)
        }
        let signature = Signing.field(
            id: message.id, time: wall / 1_000_000, body: message.body,
            keys: webhook.secrets.keys(at: wall))
        var outgoing = OutboundMessage(
            url: url,
            fields: [
                ("Content-Type", message.contentType), ("webhook-id", message.id),
                ("webhook-timestamp", String(wall / 1_000_000)), ("webhook-signature", signature),
            ] + webhook.settings.fields.map { ($0.name, $0.value) },
            body: message.body, timeout: options.timeout)
        outgoing.addressIndex = Int(hook.addressIndex)
        let result = await transport.send(outgoing)
        return Sent(result: result, at: wall, took: clock.monotonic() - start)
    }

    /// Records an attempt.
    /// - Returns: why it failed; nil when the receiver took the message.
    @discardableResult
    func record(_ sent: Sent, of message: Message, _ hook: Hook, attempt: Int)
        -> WebhookProgress.Failure?
    {
        var (status, body): (Int?, [UInt8]) = (nil, [])
        var reason: String?
        let outcome: WebhookStatistics.Outcome
        switch sent.result {
        case .response(let code, _, let bytes):
            (status, body) = (code, bytes)
            outcome = (200..<300).contains(code) ? .delivered : .refused
            if outcome == .refused { reason = "the receiver responded \(code)" }
        case .failure(let text):
            outcome = .failed
            reason = text.clipped(to: 300)
        }
        statistics.attempts[outcome, default: 0] += 1
        hook.webhook.progress.attempts += 1
        let end = sent.at + Int64(sent.took / .microseconds(1))
        book.append(
            WebhookDelivery(
                number: hook.webhook.progress.attempts, messageID: message.id,
                firstEvent: message.firstEvent, kind: message.kind.name,
                events: message.count, attempt: attempt, at: sent.at,
                took: Int64(sent.took / .microseconds(1)), isSuccess: reason.isNil,
                status: status, reason: reason, response: body), of: hook)
        book.markDirty(hook, now: clock.monotonic())
        return reason.map { WebhookProgress.Failure(at: end, status: status, reason: $0) }
    }

    /// Takes the result of an attempt into account.
    /// - Parameter isCurrent: whether the webhook is still where it was when the attempt began.
    private func conclude(_ hook: Hook, _ message: Message, _ sent: Sent, isCurrent: Bool) {
        let failures = hook.webhook.progress.failures
        let failure = record(sent, of: message, hook, attempt: failures + 1)
        schedule.end(hook)
        let isEnabled = hook.webhook.progress.isEnabled
        if let failure {
            hook.webhook.progress.lastFailure = failure
            hook.addressIndex &+= 1
            if isCurrent, isEnabled { fail(hook, failure, sent) } else { settle(hook) }
        } else {
            hook.webhook.progress.lastSuccessAt = sent.at
            guard isCurrent, isEnabled else { return settle(hook) }
            if message.kind == .gap { statistics.gaps += 1 }
            succeed(hook, message, wasFailing: failures > 0)
        }
    }

    private func succeed(_ hook: Hook, _ message: Message, wasFailing: Bool) {
        hook.webhook.progress.failures = 0
        hook.webhook.progress.nextAttemptAt = nil
        guard var active = hook.active else { return }
        hook.webhook.progress.place = message.through
        if message.kind == .gap {
            active.readTo = message.through
        } else {
            active.queue.removeFirst(min(message.count, active.queue.count))
        }
        active.pendingSince = active.queue.first?.event.timestamp
        if wasFailing { active.isCatchingUp = true }
        let isDone = active.queue.isEmpty && active.isConnected
        hook.active = active
        guard active.isCatchingUp, !isDone, hook.phase == .idle else { return settle(hook) }
        // Not all at once: a receiver that was down would be down again.
        let pause = Duration.seconds(1) * max(1, message.count) / max(1, options.catchUpRate)
        schedule.wait(hook, until: clock.monotonic() + pause)
    }

    private func fail(_ hook: Hook, _ failure: WebhookProgress.Failure, _ sent: Sent) {
        hook.webhook.progress.failures += 1
        // The events are in the log, and are read again before the next attempt.
        if let place = hook.place {
            let pending = hook.active?.pendingSince
            hook.active = Hook.Active(readTo: place, isConnected: false, pendingSince: pending)
        }
        var retryAfter: Duration?
        if case .response(let status, let text, _) = sent.result {
            if status == 410 {
                return disable(hook, reason: "the receiver responded 410 (Gone)")
            }
            retryAfter = text.flatMap { RetryAfter.parse($0, now: clock.wall()) }
        }
        let failures = hook.webhook.progress.failures
        let delay = options.retries.delay(
            after: failures, retryAfter: retryAfter, jitter: .random(in: 0...1))
        guard let delay else {
            return disable(
                hook, reason: "\(failures) attempts failed, the last because \(failure.reason)")
        }
        hook.webhook.progress.nextAttemptAt = clock.wall() + Int64(delay / .microseconds(1))
        schedule.wait(hook, until: clock.monotonic() + delay)
    }

    /// Ends the delivery to a webhook. What it has not got stays in the log, up to the longest lag.
    func disable(_ hook: Hook, reason: String) {
        guard hook.webhook.progress.isEnabled else { return }
        index.remove(hook)
        hook.webhook.progress.isEnabled = false
        hook.webhook.progress.disabledReason = reason
        hook.webhook.progress.nextAttemptAt = nil
        hook.webhook.progress.place = hook.place ?? tail
        hook.active?.queue = []
        hook.active?.isConnected = false
        hook.generation &+= 1
        if hook.phase != .running { hook.phase = .disabled }
        book.markDirty(hook, now: clock.monotonic())
        logger.warning(
            "a webhook is disabled",
            metadata: ["webhook": "\(hook.webhook.id)", "reason": "\(reason)"])
    }

    func wakeWaiters(of hook: Hook) {
        guard let waiting = waiters.removeValue(forKey: ObjectIdentifier(hook)) else { return }
        for waiter in waiting { waiter.resume() }
    }
}
