internal import FoundationEssentials
internal import GRDB

/// A text that goes to the database and comes back byte for byte.
///
/// SQLite's C interface ends a text at its first NUL, which JSON allows in names; as a blob that is
/// cast to text in SQL it stays whole. To be bound to `CAST(? AS TEXT)`.
struct ExactText: DatabaseValueConvertible {
    let text: String

    init(_ text: String) { self.text = text }

    var databaseValue: DatabaseValue { Data(text.utf8).databaseValue }

    static func fromDatabaseValue(_ value: DatabaseValue) -> ExactText? {
        Data.fromDatabaseValue(value).map { ExactText(String(decoding: $0, as: UTF8.self)) }
    }
}
