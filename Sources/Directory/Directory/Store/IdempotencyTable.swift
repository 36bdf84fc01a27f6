internal import FoundationEssentials
internal import GRDB

/// The answers to requests with an idempotency key. Every call is inside a transaction of the
/// caller.
enum IdempotencyTable {
    /// A stored answer.
    struct Stored: Sendable {
        let digest: [UInt8]
        /// Microseconds since 1970.
        let createdAt: Int64
        let answer: IdempotentAnswer
    }

    /// Returns the answer of a key; nil when there is none. It may have expired.
    static func answer(to request: IdempotentRequest, _ database: Database) throws -> Stored? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT digest, created_at, status, fields, body FROM idempotent_answer
                    WHERE subject = ? AND key = ?
                    """),
            arguments: [Data(request.subject.utf8), Data(request.key.utf8)])
        guard let row else { return nil }
        let (digest, fieldBytes, body): (Data, Data, Data) = (
            try row.decode(atIndex: 0), try row.decode(atIndex: 3), try row.decode(atIndex: 4)
        )
        let bytes = [UInt8](fieldBytes)
        var place = 0
        guard let ranges = TextList.read(bytes, &place), ranges.count.isMultiple(of: 2) else {
            throw DirectoryError.storeUnavailable("a stored answer is damaged")
        }
        let texts = ranges.map { String(decoding: bytes[$0], as: UTF8.self) }
        return Stored(
            digest: [UInt8](digest), createdAt: try row.decode(atIndex: 1),
            answer: IdempotentAnswer(
                status: try row.decode(atIndex: 2),
                fields: stride(from: 0, to: texts.count, by: 2).map {
                    .init(texts[$0], texts[$0 + 1])
                }, body: [UInt8](body)))
    }

    /// Stores an answer, in place of an earlier one of its key.
    /// - Parameter time: microseconds since 1970.
    static func insert(
        _ answer: IdempotentAnswer, to request: IdempotentRequest, at time: Int64,
        _ database: Database
    ) throws {
        var fields: [UInt8] = []
        TextList.append(answer.fields.flatMap { [$0.name, $0.value] }, to: &fields)
        let size = 128 + request.key.utf8.count + fields.count + answer.body.count
        try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO idempotent_answer
                    (subject, key, digest, created_at, bytes_through, status, fields, body)
                VALUES (?, ?, ?, ?, ? + coalesce((SELECT bytes_through FROM idempotent_answer
                    ORDER BY id DESC LIMIT 1), 0), ?, ?, ?)
                """
        ).execute(arguments: [
            Data(request.subject.utf8), Data(request.key.utf8), Data(request.digest), time,
            size, answer.status, Data(fields), Data(answer.body),
        ])
    }

    /// The most answers that are deleted at a time.
    private static let sliceCount = 64

    /// Deletes the oldest answers: those that have expired, and those beyond the limits. Counts
    /// what lies between the oldest and the newest, so it costs the same for any number of answers.
    /// - Parameter oldestTime: answers up to this time have expired.
    static func trim(
        _ limits: IdempotencyLimits, oldestTime: Int64, _ database: Database
    ) throws {
        let newest = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT id, bytes_through FROM idempotent_answer ORDER BY id DESC LIMIT 1
                    """))
        guard let newest else { return }
        let (last, through): (Int64, Int64) = (
            try newest.decode(atIndex: 0), try newest.decode(atIndex: 1)
        )
        // What is deleted ends with one that has to go; its successor is looked at next time.
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT id, bytes_through, created_at FROM idempotent_answer
                    ORDER BY id LIMIT \(sliceCount)
                    """))
        var end: Int64?
        for row in rows {
            let (id, before, time): (Int64, Int64, Int64) = (
                try row.decode(atIndex: 0), try row.decode(atIndex: 1),
                try row.decode(atIndex: 2)
            )
            let isBeyond = last - id >= limits.answers || through - before >= limits.bytes
            guard isBeyond || time <= oldestTime else { break }
            end = id
        }
        guard let end else { return }
        try database.cachedStatement(sql: "DELETE FROM idempotent_answer WHERE id <= ?")
            .execute(arguments: [end])
    }
}
