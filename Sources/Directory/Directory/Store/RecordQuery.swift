internal import GRDB
internal import Text

/// Conditions on records, as SQL.
enum RecordQuery {
    typealias Condition = (sql: String, arguments: StatementArguments)

    /// Below this number of label rows, records are found by their labels. With more rows, records are
    /// checked one by one until a page is full.
    private static let rareRows = 10_000

    /// Returns the condition that a record has one of these labels.
    /// - Parameter numbers: the numbers of the labels, from `LabelTable.numbers`.
    static func labelCondition(_ numbers: String, _ database: Database) throws -> Condition {
        let rows = try Int.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM (SELECT 1 FROM record_label
                    WHERE label_id IN (SELECT value FROM json_each(?)) LIMIT \(rareRows))
                """, arguments: [numbers])
        let isRare = rows ?? 0 < rareRows
        return (
            isRare
                ? """
                record.id IN (SELECT record_id FROM record_label
                    WHERE label_id IN (SELECT value FROM json_each(?)))
                """
                : """
                EXISTS (SELECT 1 FROM record_label WHERE record_id = record.id
                    AND label_id IN (SELECT value FROM json_each(?)))
                """, [numbers]
        )
    }

    /// Returns the condition that the name is one of these, in any case of its ASCII letters.
    static func nameCondition(_ names: [String]) -> Condition {
        let list = names.map { _ in "lower(CAST(? AS TEXT))" }.joined(separator: ", ")
        return ("lower(name) IN (\(list))", StatementArguments(names.map(ExactText.init)))
    }
}
