internal import GRDB

/// Conditions on records, as SQL.
enum RecordQuery {
    typealias Condition = (sql: String, arguments: StatementArguments)

    /// A label that contains one of these, by bytes.
    static func labelCondition(_ labels: [String]) -> Condition {
        // A list of values, because a chain of ORs has a most of links; blobs, because a text would
        // end at a NUL.
        let list = labels.map { _ in "(?)" }.joined(separator: ",")
        return (
            """
            EXISTS (SELECT 1 FROM label, (VALUES \(list)) AS wanted
                WHERE record_id = record.id AND instr(CAST(text AS BLOB), wanted.column1) > 0)
            """, StatementArguments(labels.map(ExactText.init))
        )
    }

    /// A column that is one of these, whatever the case; `*` stands for any run of characters and
    /// `?` for one, as in upstream's search.
    static func textCondition(_ column: String, _ values: [String]) -> Condition {
        let tests = values.map { value in
            value.contains { $0 == "*" || $0 == "?" }
                ? "lower(\(column)) GLOB lower(CAST(? AS TEXT))"
                : "lower(\(column)) = lower(CAST(? AS TEXT))"
        }
        let arguments = values.map { value in
            let isPattern = value.contains { $0 == "*" || $0 == "?" }
            return ExactText(isPattern ? value.replacing("[", with: "[[]") : value)
        }
        return ("(\(tests.joined(separator: " OR ")))", StatementArguments(arguments))
    }
}
