internal import Events
internal import GRDB

/// Conditions on records, as SQL.
enum RecordQuery {
    typealias Condition = (sql: String, arguments: StatementArguments)

    /// A label that contains one of these, by bytes.
    static func labelCondition(_ labels: [String]) -> Condition {
        // One argument however many labels: a chain of ORs has a most of links.
        var list: [UInt8] = []
        for (index, label) in labels.enumerated() {
            list.append(UInt8(ascii: index == 0 ? "[" : ","))
            JSONText.append(label, to: &list)
        }
        list.append(UInt8(ascii: "]"))
        return (
            """
            EXISTS (SELECT 1 FROM label, json_each(?) AS wanted WHERE record_id = record.id
                AND instr(CAST(text AS BLOB), CAST(wanted.value AS BLOB)) > 0)
            """,
            [String(decoding: list, as: UTF8.self)]
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
