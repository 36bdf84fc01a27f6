internal import FoundationEssentials
internal import GRDB

/// The last attempts of each webhook. Every call is inside a transaction of the caller.
enum WebhookDeliveryTable {
    /// Stores an attempt, in place of the one that is `WebhookDelivery.keptCount` attempts older.
    static func insert(_ delivery: WebhookDelivery, of row: Int64, _ database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO webhook_delivery (webhook, slot, number, message_id,
                    first_event, kind, events, attempt, at, took, is_success, status, reason,
                    response)
                SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
                WHERE EXISTS (SELECT 1 FROM webhook WHERE id = ?)
                """
        ).execute(arguments: [
            row, delivery.number % Int64(WebhookDelivery.keptCount), delivery.number,
            delivery.messageID, delivery.firstEvent, delivery.kind, delivery.events,
            delivery.attempt, delivery.at, delivery.took, delivery.isSuccess, delivery.status,
            delivery.reason.map { Data($0.utf8) }, Data(delivery.response), row,
        ])
    }

    /// Returns the attempts before a number, newest first.
    /// - Parameters:
    ///   - number: nil for the newest.
    ///   - isSuccess: only those that succeeded, or only those that failed; nil for both.
    static func page(
        of row: Int64, before number: Int64?, isSuccess: Bool?, limit: Int, _ database: Database
    ) throws -> [WebhookDelivery] {
        // At most `keptCount` rows, so that no index is needed.
        try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM webhook_delivery
                WHERE webhook = ?1 AND number < ?2 AND (?3 IS NULL OR is_success = ?3)
                ORDER BY number DESC LIMIT ?4
                """, arguments: [row, number ?? .max, isSuccess, limit]
        ).map(delivery)
    }

    /// Returns one attempt; nil when it is not kept.
    static func delivery(_ number: Int64, of row: Int64, _ database: Database) throws
        -> WebhookDelivery?
    {
        try Row.fetchOne(
            database, sql: "SELECT * FROM webhook_delivery WHERE webhook = ? AND number = ?",
            arguments: [row, number]
        ).map(delivery)
    }

    private static func delivery(_ row: Row) throws -> WebhookDelivery {
        let reason: Data? = try row.decode(forColumn: "reason")
        let response: Data = try row.decode(forColumn: "response")
        return WebhookDelivery(
            number: try row.decode(forColumn: "number"),
            messageID: try row.decode(forColumn: "message_id"),
            firstEvent: try row.decode(forColumn: "first_event"),
            kind: try row.decode(forColumn: "kind"), events: try row.decode(forColumn: "events"),
            attempt: try row.decode(forColumn: "attempt"), at: try row.decode(forColumn: "at"),
            took: try row.decode(forColumn: "took"),
            isSuccess: try row.decode(forColumn: "is_success"),
            status: try row.decode(forColumn: "status"),
            reason: reason.map { String(decoding: $0, as: UTF8.self) },
            response: [UInt8](response))
    }
}
