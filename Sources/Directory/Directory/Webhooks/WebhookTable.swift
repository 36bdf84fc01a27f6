internal import Events
internal import FoundationEssentials
internal import GRDB
internal import Text

/// The rows of webhooks. Every call is inside a transaction of the caller.
enum WebhookTable {
    /// The most webhooks: the gateway holds all of them in memory.
    static let limit = 100_000

    /// Stores a webhook that begins after a place of the event log.
    /// - Parameter time: microseconds since 1970.
    /// - Throws: `DirectoryError.invalid` when there are `limit` webhooks.
    static func insert(
        _ new: NewWebhook, after place: EventPlace, at time: Int64, _ database: Database
    ) throws -> StoredWebhook {
        let count = try count(database)
        guard count < limit else {
            throw DirectoryError.invalid(
                "there are \(count) webhooks: remove those that are not used")
        }
        try database.execute(
            sql: """
                INSERT INTO webhook (webhook_id, owner, url, filter, restriction, format,
                    description, headers, secret, created_at, is_enabled, position)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)
                """,
            arguments: [new.id, Data(new.owner.utf8)] + values(new.settings)
                + [Data(new.secret), time, place.position])
        var progress = WebhookProgress()
        progress.place = place
        return StoredWebhook(
            row: database.lastInsertedRowID, id: new.id, owner: new.owner, createdAt: time,
            settings: new.settings, secrets: WebhookSecrets(current: new.secret),
            progress: progress)
    }

    /// Writes the settings and secrets of a webhook.
    static func update(
        _ row: Int64, _ settings: WebhookSettings, _ secrets: WebhookSecrets, _ database: Database
    ) throws {
        try database.execute(
            sql: """
                UPDATE webhook SET url = ?, filter = ?, restriction = ?, format = ?,
                    description = ?, headers = ?, secret = ?, previous_secret = ?,
                    previous_until = ?
                WHERE id = ?
                """,
            arguments: values(settings)
                + [
                    Data(secrets.current), secrets.previous.map { Data($0) },
                    secrets.previousUntil, row,
                ])
    }

    /// Writes how far a webhook has come.
    static func update(_ row: Int64, _ progress: WebhookProgress, _ database: Database) throws {
        let failure = progress.lastFailure
        try database.cachedStatement(
            sql: """
                UPDATE webhook SET is_enabled = ?, disabled_reason = ?, position = ?, failures = ?,
                    next_attempt_at = ?, attempts = ?, last_success_at = ?, last_failure_at = ?,
                    last_failure_status = ?, last_failure_reason = ?
                WHERE id = ?
                """
        ).execute(arguments: [
            progress.isEnabled, progress.disabledReason.map { Data($0.utf8) },
            progress.place?.position, progress.failures, progress.nextAttemptAt,
            progress.attempts, progress.lastSuccessAt, failure?.at, failure?.status,
            failure.map { Data($0.reason.utf8) }, row,
        ])
    }

    /// Deletes a webhook with its deliveries.
    static func delete(_ row: Int64, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM webhook WHERE id = ?", arguments: [row])
    }

    /// Returns how many webhooks there are.
    static func count(_ database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT count(*) FROM webhook") ?? 0
    }

    /// Returns whether there are webhooks.
    static func exist(_ database: Database) throws -> Bool {
        try Bool.fetchOne(
            database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM webhook)")) ?? false
    }

    /// Returns all webhooks, in the order in which they were made.
    /// - Throws: also when a row is damaged: without it, its events would be lost.
    static func all(_ database: Database) throws -> [StoredWebhook] {
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM webhook ORDER BY id")
        var all: [StoredWebhook] = []
        while let row = try rows.next() { all.append(try webhook(row)) }
        return all
    }

    /// Returns the place up to which events have been compared with the filters.
    static func tail(_ database: Database) throws -> EventPlace? {
        try Int64.fetchOne(database, sql: "SELECT position FROM webhook_tail")
            .map { EventPlace(after: $0) }
    }

    /// Writes that place.
    static func setTail(_ place: EventPlace, _ database: Database) throws {
        try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO webhook_tail (id, position) VALUES (1, ?)"
        ).execute(arguments: [place.position])
    }

    private static func values(_ settings: WebhookSettings) -> StatementArguments {
        var fields: [UInt8] = []
        TextList.append(settings.fields.flatMap { [$0.name, $0.value] }, to: &fields)
        return [
            Data(settings.url.utf8), Data(settings.asked.restrictionJSON.line),
            settings.restriction.map { Data($0.restrictionJSON.line) }, settings.format.rawValue,
            settings.description.map { Data($0.utf8) }, Data(fields),
        ]
    }

    private static func webhook(_ row: Row) throws -> StoredWebhook {
        func text(_ column: String) throws -> String? {
            let data: Data? = try row.decode(forColumn: column)
            return data.map { String(decoding: $0, as: UTF8.self) }
        }
        func filter(_ column: String) throws -> EventFilter? {
            let data: Data? = try row.decode(forColumn: column)
            return try data.map { try EventFilter(restriction: JSONParser.parse([UInt8]($0))) }
        }
        let id: String = try row.decode(forColumn: "webhook_id")
        let damaged = DirectoryError.storeUnavailable("the webhook \(id) is damaged")
        let number: Int = try row.decode(forColumn: "format")
        let headers: Data = try row.decode(forColumn: "headers")
        let (bytes, secret): ([UInt8], Data) = (
            [UInt8](headers), try row.decode(forColumn: "secret")
        )
        let previous: Data? = try row.decode(forColumn: "previous_secret")
        var place = 0
        guard let format = WebhookFormat(rawValue: number), let url = try text("url"),
            let ranges = TextList.read(bytes, &place), ranges.count.isMultiple(of: 2)
        else { throw damaged }
        let texts = ranges.map { String(decoding: bytes[$0], as: UTF8.self) }
        let fields = stride(from: 0, to: texts.count, by: 2).map {
            WebhookSettings.Field(name: texts[$0], value: texts[$0 + 1])
        }
        return StoredWebhook(
            row: try row.decode(forColumn: "id"), id: id, owner: try text("owner") ?? "",
            createdAt: try row.decode(forColumn: "created_at"),
            settings: WebhookSettings(
                url: url, asked: try filter("filter") ?? .all,
                restriction: try filter("restriction"), format: format,
                description: try text("description"), fields: fields),
            secrets: WebhookSecrets(
                current: [UInt8](secret), previous: previous.map { [UInt8]($0) },
                previousUntil: try row.decode(forColumn: "previous_until")),
            progress: try progress(row, reason: try text("disabled_reason")) {
                try text("last_failure_reason")
            })
    }

    private static func progress(
        _ row: Row, reason: String?, failureReason: () throws -> String?
    ) throws -> WebhookProgress {
        var progress = WebhookProgress()
        progress.isEnabled = try row.decode(forColumn: "is_enabled")
        progress.disabledReason = reason
        let position: Int64? = try row.decode(forColumn: "position")
        progress.place = position.map { EventPlace(after: $0) }
        progress.failures = try row.decode(forColumn: "failures")
        progress.nextAttemptAt = try row.decode(forColumn: "next_attempt_at")
        progress.attempts = try row.decode(forColumn: "attempts")
        progress.lastSuccessAt = try row.decode(forColumn: "last_success_at")
        let failedAt: Int64? = try row.decode(forColumn: "last_failure_at")
        if let failedAt {
            progress.lastFailure = WebhookProgress.Failure(
                at: failedAt, status: try row.decode(forColumn: "last_failure_status"),
                reason: try failureReason() ?? "")
        }
        return progress
    }
}
