internal import FoundationEssentials
internal import GRDB

/// A text that the database stores and returns byte for byte. Bind it to `CAST(? AS TEXT)`.
///
/// SQLite's C interface ends a text at its first NUL, which JSON allows in names. A blob that SQL
/// casts to text stays whole.
struct ExactText: DatabaseValueConvertible {
    let text: String

    init(_ text: String) { self.text = text }

    var databaseValue: DatabaseValue { Data(text.utf8).databaseValue }

    static func fromDatabaseValue(_ value: DatabaseValue) -> ExactText? {
        Data.fromDatabaseValue(value).map { ExactText(String(decoding: $0, as: UTF8.self)) }
    }
}
