public import Events
internal import GRDB
internal import Text

/// What the store knows of all webhooks.
public struct WebhookState: Sendable {
    /// The webhooks, in the order in which they were made.
    public let webhooks: [StoredWebhook]
    /// Up to here, every event has been compared with the filters of all webhooks.
    public let tail: EventPlace
}

/// What has changed since the last checkpoint: written in one commit.
public struct WebhookCheckpoint: Sendable {
    /// How far webhooks have come, by their rows.
    public var progress: [(row: Int64, progress: WebhookProgress)] = []
    /// New attempts, by the rows of their webhooks, oldest first.
    public var deliveries: [(row: Int64, delivery: WebhookDelivery)] = []
    /// Up to here, every event has been compared with the filters of all webhooks.
    public var tail: EventPlace
    /// Events after this place are not evicted.
    public var retained: EventPlace

    /// Makes a checkpoint without webhooks.
    public init(tail: EventPlace, retained: EventPlace) {
        self.tail = tail
        self.retained = retained
    }
}

/// The webhooks of a store. While there is one, the event log is on.
extension Store {
    /// Returns all webhooks. Safe to use from any thread.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public func webhooks() async throws(DirectoryError) -> WebhookState {
        try await read { database in
            let tail = try WebhookTable.tail(database)
            return WebhookState(
                webhooks: try WebhookTable.all(database),
                tail: try tail ?? EventPlace(after: EventTable.newest(database) ?? 0))
        }
    }

    /// Stores a webhook, which begins with the next event. The first one turns the event log on.
    /// - Parameter time: microseconds since 1970.
    /// - Throws: `DirectoryError.invalid` when there are too many.
    public func createWebhook(_ new: NewWebhook, at time: Int64) async throws(DirectoryError)
        -> StoredWebhook
    {
        let answer = KeptAnswer.current
        let (webhook, isAnswered) = try await writeLogged { database, log in
            try log.setNeeded(true, database)
            if try WebhookTable.tail(database) == nil {
                try WebhookTable.setTail(log.newestPlace, database)
                try log.retain(after: log.newestPlace, database)
            }
            let webhook = try WebhookTable.insert(new, after: log.newestPlace, at: time, database)
            return (webhook, try answer?.store(webhook, database) ?? false)
        }
        if isAnswered { answer?.recordCommit() }
        return webhook
    }

    /// Writes the settings and secrets of a webhook, but not how far it has come.
    /// - Returns: the secrets, as the result of the change.
    /// - Throws: `DirectoryError.storeUnavailable`.
    @discardableResult
    public func updateWebhook(_ webhook: StoredWebhook) async throws(DirectoryError)
        -> WebhookSecrets
    {
        try await write { database in
            try WebhookTable.update(webhook.row, webhook.settings, webhook.secrets, database)
            return Applied(result: webhook.secrets, events: [])
        }
    }

    /// Deletes a webhook. Without the last one, the event log is off again, unless the settings want
    /// it.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public func removeWebhook(_ row: Int64) async throws(DirectoryError) {
        try await writeLogged { database, log in
            try WebhookTable.delete(row, database)
            guard try !WebhookTable.exist(database) else { return }
            try database.execute(sql: "DELETE FROM webhook_tail")
            try log.retain(after: nil, database)
            try log.setNeeded(false, database)
        }
    }

    /// Writes what has changed.
    /// - Throws: `DirectoryError.storeUnavailable`. Nothing is written then.
    public func write(_ checkpoint: WebhookCheckpoint) async throws(DirectoryError) {
        try await writeLogged { database, log in
            for (row, progress) in checkpoint.progress {
                try WebhookTable.update(row, progress, database)
            }
            for (row, delivery) in checkpoint.deliveries {
                try WebhookDeliveryTable.insert(delivery, of: row, database)
            }
            guard try WebhookTable.exist(database) else { return }
            try WebhookTable.setTail(checkpoint.tail, database)
            try log.retain(after: checkpoint.retained, database)
        }
    }

    /// Returns a page of the last attempts of a webhook, newest first.
    /// - Parameters:
    ///   - isSuccess: only those that succeeded, or only those that failed; nil for both.
    ///   - cursor: `next` of the page before; nil for the first.
    /// - Throws: `DirectoryError.invalid` when the cursor is not one of this listing.
    public func webhookDeliveries(
        of row: Int64, isSuccess: Bool?, limit: Int, after cursor: String?
    ) async throws(DirectoryError) -> WebhookDeliveryPage {
        var number: Int64?
        if let cursor {
            number = Cursor.row(cursor, mark: "d-")
            guard number != nil else { throw .invalid("after is not a cursor of this listing") }
        }
        let before = number
        let items = try await read {
            try WebhookDeliveryTable.page(
                of: row, before: before, isSuccess: isSuccess, limit: limit + 1, $0)
        }
        guard items.count > limit, let last = items.prefix(limit).last else {
            return WebhookDeliveryPage(items: items, next: nil)
        }
        return WebhookDeliveryPage(
            items: Array(items.prefix(limit)), next: Cursor.text(last.number, mark: "d-"))
    }

    /// Returns one attempt of a webhook; nil when it is not kept.
    /// - Throws: `DirectoryError.storeUnavailable`.
    public func webhookDelivery(_ number: Int64, of row: Int64) async throws(DirectoryError)
        -> WebhookDelivery?
    {
        try await read { try WebhookDeliveryTable.delivery(number, of: row, $0) }
    }
}
