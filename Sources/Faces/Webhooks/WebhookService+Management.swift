public import Directory
public import Events
internal import FoundationEssentials
internal import Outbound
internal import Text

/// What clients do with webhooks.
extension WebhookService {
    /// Makes a webhook, which begins with the next event.
    /// - Throws: `WebhookError`. Nothing is stored then.
    public func create(_ settings: WebhookSettings, by access: WebhookAccess)
        async throws(WebhookError) -> StoredWebhook
    {
        try await check(settings)
        // One that began twice would be delivered twice.
        guard isStarted else {
            throw .directory(
                .storeUnavailable("the webhooks could not be read; the log of the gateway says why")
            )
        }
        let new = NewWebhook(
            id: UUID().uuidString.lowercasedASCII, owner: access.identity, settings: settings,
            secret: Signing.newKey())
        let webhook: StoredWebhook
        do { webhook = try await store.createWebhook(new, at: clock.wall()) } catch {
            throw .directory(error)
        }
        begin(webhook)
        return webhook
    }

    /// Returns a page of webhooks, in the order in which they were made.
    /// - Parameter row: the row of the last one of the page before; 0 for the first page.
    public func list(by access: WebhookAccess, after row: Int64, limit: Int) -> [WebhookStatus] {
        order.lazy.filter { $0.webhook.row > row && Self.may(access, $0) }
            .prefix(limit).map { self.status(of: $0) }
    }

    /// Returns a webhook.
    /// - Throws: `WebhookError.notFound`.
    public func status(_ id: String, by access: WebhookAccess) throws(WebhookError)
        -> WebhookStatus
    { status(of: try hook(id, access)) }

    /// Changes the settings of a webhook. They apply to the events that it has not got yet.
    /// - Parameters:
    ///   - restriction: the only events that the subject may receive; nil allows every event.
    ///   - change: changes the settings.
    /// - Throws: `WebhookError`. Nothing is changed then.
    public func update(
        _ id: String, by access: WebhookAccess, restriction: EventFilter?,
        _ change: @Sendable (inout WebhookSettings) -> Void
    ) async throws(WebhookError) -> WebhookStatus {
        let hook = try hook(id, access)
        try await beginChange(of: hook)
        defer { endChange(of: hook) }
        var changed = hook.webhook
        change(&changed.settings)
        if access.isRestricted { changed.settings.restriction = restriction }
        try await check(changed.settings)
        try await store(changed, of: hook)
        let isEnabled = hook.webhook.progress.isEnabled
        if isEnabled { index.remove(hook) }
        hook.webhook.settings = changed.settings
        if isEnabled { index.insert(hook) }
        if let place = hook.place, isEnabled {
            hook.restart(after: place, catchesUp: hook.active?.isCatchingUp ?? false)
            schedule.makeReady(hook)
            startDue()
        }
        return status(of: hook)
    }

    /// Removes a webhook.
    /// - Throws: `WebhookError`.
    public func remove(_ id: String, by access: WebhookAccess) async throws(WebhookError) {
        let hook = try hook(id, access)
        do { try await store.removeWebhook(hook.webhook.row) } catch { throw .directory(error) }
        guard !hook.isRemoved else { return }
        remove(hook)
        wakeWaiters(of: hook)
    }

    /// For how long the key before is used too.
    private static let rotationMicroseconds: Int64 = 86_400 * 1_000_000

    /// Gives a webhook a new key. For 24 h messages are signed with the key before too.
    /// - Returns: the new key.
    /// - Throws: `WebhookError`.
    public func rotate(_ id: String, by access: WebhookAccess) async throws(WebhookError)
        -> WebhookSecrets
    {
        let hook = try hook(id, access)
        try await beginChange(of: hook)
        defer { endChange(of: hook) }
        var changed = hook.webhook
        changed.secrets = WebhookSecrets(
            current: Signing.newKey(), previous: hook.webhook.secrets.current,
            previousUntil: clock.wall() + Self.rotationMicroseconds)
        try await store(changed, of: hook)
        hook.webhook.secrets = changed.secrets
        return changed.secrets
    }

    /// Enables or disables a webhook. Enabled again, it goes on where it was.
    /// - Throws: `WebhookError`.
    public func setEnabled(_ isEnabled: Bool, _ id: String, by access: WebhookAccess)
        async throws(WebhookError) -> WebhookStatus
    {
        let hook = try hook(id, access)
        if isEnabled {
            enable(hook)
        } else {
            disable(hook, reason: "a client has disabled it")
        }
        try await flushed()
        return status(of: hook)
    }

    private func enable(_ hook: Hook) {
        hook.webhook.progress.failures = 0
        hook.webhook.progress.nextAttemptAt = nil
        hook.webhook.progress.disabledReason = nil
        if !hook.webhook.progress.isEnabled {
            hook.webhook.progress.isEnabled = true
            index.insert(hook)
            hook.restart(after: hook.place ?? tail, catchesUp: true)
            if hook.phase == .disabled { hook.phase = .idle }
        }
        book.markDirty(hook, now: clock.monotonic())
        if hook.active != nil { schedule.makeReady(hook) }
        startDue()
    }

    /// Sends the events after a place again, in their order.
    /// - Throws: `WebhookError`.
    public func replay(_ id: String, after place: EventPlace, by access: WebhookAccess)
        async throws(WebhookError) -> WebhookStatus
    {
        let hook = try hook(id, access)
        let start = min(place, hook.place ?? tail)
        hook.restart(after: start, catchesUp: true)
        hook.webhook.progress.failures = 0
        hook.webhook.progress.nextAttemptAt = nil
        book.markDirty(hook, now: clock.monotonic())
        if hook.webhook.progress.isEnabled { schedule.makeReady(hook) }
        try await flushed()
        startDue()
        return status(of: hook)
    }

    /// The most tests at a time.
    private static let testLimit = 16

    /// Sends a message without an event, and waits for the response. Also while the webhook is
    /// disabled; it does not count as one of its attempts to deliver.
    /// - Throws: `WebhookError`.
    public func test(_ id: String, by access: WebhookAccess) async throws(WebhookError)
        -> WebhookDelivery
    {
        let hook = try hook(id, access)
        guard testCount < Self.testLimit else { throw .tooManyTests }
        testCount += 1
        defer { testCount -= 1 }
        while hook.phase == .running {
            await withCheckedContinuation {
                waiters[ObjectIdentifier(hook), default: []].append($0)
            }
        }
        guard !hook.isRemoved else { throw .notFound(id) }
        let (before, generation) = (hook.phase, hook.generation)
        schedule.begin(hook)
        let message = Message.test(
            of: hook.webhook, id: UUID().uuidString.lowercasedASCII, source: options.source,
            time: clock.wall())
        let sent = await send(message, of: hook)
        let failure = record(sent, of: message, hook, attempt: 1)
        if let failure {
            hook.webhook.progress.lastFailure = failure
        } else {
            hook.webhook.progress.lastSuccessAt = sent.at
        }
        schedule.end(hook)
        // Not if it was enabled or told to replay meanwhile.
        if case .waiting(let time) = before, hook.phase == .idle, hook.generation == generation,
            !hook.webhook.progress.nextAttemptAt.isNil
        {
            schedule.wait(hook, until: time)
        } else if hook.phase == .idle {
            settle(hook)
        }
        let number = hook.webhook.progress.attempts
        wakeWaiters(of: hook)
        startDue()
        try await flushed()
        do {
            if let delivery = try await store.webhookDelivery(number, of: hook.webhook.row) {
                return delivery
            }
        } catch { throw .directory(error) }
        throw .notFound(id)
    }

    /// Returns a page of the last attempts of a webhook, newest first.
    /// - Throws: `WebhookError`.
    public func deliveries(
        of id: String, isSuccess: Bool?, limit: Int, after cursor: String?,
        by access: WebhookAccess
    ) async throws(WebhookError) -> WebhookDeliveryPage {
        let row = try hook(id, access).webhook.row
        // What has not been written yet belongs to the page.
        try await flushed()
        do {
            return try await store.webhookDeliveries(
                of: row, isSuccess: isSuccess, limit: limit, after: cursor)
        } catch { throw .directory(error) }
    }

    /// Returns one attempt of a webhook; nil when it is not kept.
    /// - Throws: `WebhookError`.
    public func delivery(_ number: Int64, of id: String, by access: WebhookAccess)
        async throws(WebhookError) -> WebhookDelivery?
    {
        let row = try hook(id, access).webhook.row
        try await flushed()
        do { return try await store.webhookDelivery(number, of: row) } catch {
            throw .directory(error)
        }
    }

    // MARK: Parts

    private static func may(_ access: WebhookAccess, _ hook: Hook) -> Bool {
        !access.isRestricted || hook.webhook.owner.hasBytes(of: access.identity)
    }

    private func hook(_ id: String, _ access: WebhookAccess) throws(WebhookError) -> Hook {
        guard let hook = hooks[ExactString(id)], Self.may(access, hook) else {
            throw .notFound(id)
        }
        return hook
    }

    private func check(_ settings: WebhookSettings) async throws(WebhookError) {
        try WebhookRules.check(settings)
        do throws(OutboundURLError) {
            try await transport.check(try OutboundURL(settings.url))
        } catch {
            guard error.isForbidden else {
                throw .invalid(member: "url", reason: error.reason)
            }
            throw .forbidden(error.reason)
        }
    }

    /// Waits until no other change of the settings or keys of a webhook is under way: each replaces
    /// the whole row, so that one in between would be lost.
    private func beginChange(of hook: Hook) async throws(WebhookError) {
        while hook.isChanging {
            await withCheckedContinuation {
                changers[ObjectIdentifier(hook), default: []].append($0)
            }
        }
        guard !hook.isRemoved else { throw .notFound(hook.webhook.id) }
        hook.isChanging = true
    }

    private func endChange(of hook: Hook) {
        hook.isChanging = false
        for changer in changers.removeValue(forKey: ObjectIdentifier(hook)) ?? [] {
            changer.resume()
        }
    }

    /// Stores the settings and secrets of a webhook.
    private func store(_ webhook: StoredWebhook, of hook: Hook) async throws(WebhookError) {
        do { try await store.updateWebhook(webhook) } catch { throw .directory(error) }
        guard !hook.isRemoved else { throw .notFound(webhook.id) }
    }

    private func flushed() async throws(WebhookError) {
        do { try await flush() } catch { throw .directory(error) }
    }
}
