internal import FoundationEssentials
internal import GRDB
internal import Records
internal import Text

/// The labels of records. Each distinct label is stored once and has a number, so a search reads the
/// distinct labels, not the labels of every record. Every call is inside a transaction of the caller.
enum LabelTable {
    /// The most bytes of a label: 2,000 code points and the namespace. A longer text occurs in none.
    static let longestLabel = 8_064
    /// The most bytes that the texts of one search may have together.
    static let searchBytes = 64 << 10

    /// Stores the labels of a new record.
    static func insert(_ labels: [String], of record: Int64, _ database: Database) throws {
        for (position, label) in labels.enumerated() {
            let text = ExactText(label)
            if try attach(text, record, position, database) { continue }
            try database.cachedStatement(
                sql: "INSERT INTO label_text (text) VALUES (CAST(? AS TEXT))"
            ).execute(arguments: [text])
            _ = try attach(text, record, position, database)
        }
    }

    /// Gives a record a label that another record has, too.
    /// - Returns: false when no record has it.
    private static func attach(
        _ label: ExactText, _ record: Int64, _ position: Int, _ database: Database
    ) throws -> Bool {
        try database.cachedStatement(
            sql: """
                INSERT INTO record_label (record_id, position, label_id)
                SELECT ?, ?, id FROM label_text WHERE text = CAST(? AS TEXT)
                """
        ).execute(arguments: [record, position, label])
        return database.changesCount > 0
    }

    /// Returns the labels of a record in their order, up to `Record.labelBytesLimit` bytes: records
    /// that were stored before that limit existed may have more.
    static func labels(of record: Int64, _ database: Database) throws -> [String] {
        let cursor = try ExactText.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT CAST(text AS BLOB) FROM record_label JOIN label_text ON id = label_id
                    WHERE record_id = ? ORDER BY position
                    """), arguments: [record])
        var labels: [String] = []
        var bytes = 0
        while let label = try cursor.next() {
            bytes += label.text.utf8.count
            if bytes > Record.labelBytesLimit { break }
            labels.append(label.text)
        }
        return labels
    }

    /// Deletes the labels of a record that no other record has. The caller then deletes the record.
    static func delete(of record: Int64, _ database: Database) throws {
        let ids = try Int64.fetchAll(
            database.cachedStatement(
                sql: "SELECT DISTINCT label_id FROM record_label WHERE record_id = ?"),
            arguments: [record])
        try database.cachedStatement(sql: "DELETE FROM record_label WHERE record_id = ?")
            .execute(arguments: [record])
        for id in ids {
            try database.cachedStatement(
                sql: """
                    DELETE FROM label_text WHERE id = ?1
                    AND NOT EXISTS (SELECT 1 FROM record_label WHERE label_id = ?1)
                    """
            ).execute(arguments: [id])
        }
    }

    /// Returns the numbers of the labels in which one of `texts` occurs, as a JSON array for
    /// `json_each`. One pass over the distinct labels, however many texts there are.
    static func numbers(containing texts: [String], _ database: Database) throws -> String {
        let texts = texts.filter { $0.utf8.count <= longestLabel }
        guard !texts.isEmpty else { return "[]" }
        let wanted = SubstringSet(texts)
        let rows = try Row.fetchCursor(
            database, sql: "SELECT id, CAST(text AS BLOB) FROM label_text")
        var numbers = "["
        while let row = try rows.next() {
            let text: Data = try row.decode(atIndex: 1)
            guard wanted.occurs(in: text) else { continue }
            let id: Int64 = try row.decode(atIndex: 0)
            numbers += numbers.utf8.count > 1 ? ",\(id)" : "\(id)"
        }
        return numbers + "]"
    }
}
