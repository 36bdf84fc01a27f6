internal import FoundationEssentials
internal import GRDB
internal import Text

/// The index of words. Every call is inside a transaction of the caller, but for reading.
///
/// Records up to `indexed_through` are in it; the content of those after it is searched itself. So a
/// record is found as soon as it is stored, and no push waits for the index.
enum SearchTable {
    /// A record that is not in the index.
    struct Entry {
        let id: Int64
        let text: String
    }

    /// The most records, and bytes of content, of one step.
    private static let stepCount = 32
    private static let stepBytes = 64 << 10

    /// Returns the number of the last record of the index.
    static func indexedThrough(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT indexed_through FROM search_index")) ?? 0
    }

    /// Returns the next records that are not in the index.
    static func next(_ database: Database) throws -> [Entry] {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT id, content FROM record
                    WHERE id > (SELECT indexed_through FROM search_index) ORDER BY id
                    """))
        var (entries, bytes): ([Entry], Int) = ([], 0)
        while entries.count < stepCount, bytes < stepBytes, let row = try rows.next() {
            let content: Data = (try? row.decode(forColumn: "content")) ?? Data()
            bytes += content.count
            entries.append(
                Entry(
                    id: try row.decode(forColumn: "id"), text: SearchText.text(of: [UInt8](content))
                ))
        }
        return entries
    }

    /// Adds records to the index.
    static func add(_ entries: [Entry], _ database: Database) throws {
        guard let last = entries.last else { return }
        let text = try database.cachedStatement(
            sql: "INSERT INTO record_text (record_id, text) VALUES (?, ?)")
        let runs = try database.cachedStatement(
            sql: "INSERT INTO record_search (rowid, text) VALUES (?, ?)")
        for entry in entries {
            try text.execute(arguments: [entry.id, entry.text])
            try runs.execute(arguments: [entry.id, entry.text])
        }
        try database.execute(
            sql: "UPDATE search_index SET indexed_through = ?", arguments: [last.id])
    }

    /// Removes a record from the index, if it is in it.
    static func delete(_ id: Int64, _ database: Database) throws {
        let text = try String.fetchOne(
            database.cachedStatement(sql: "SELECT text FROM record_text WHERE record_id = ?"),
            arguments: [id])
        guard let text else { return }
        // The index has no copy of the text: it is told what to remove.
        try database.cachedStatement(
            sql: "INSERT INTO record_search (record_search, rowid, text) VALUES ('delete', ?, ?)"
        ).execute(arguments: [id, text])
        try database.cachedStatement(sql: "DELETE FROM record_text WHERE record_id = ?")
            .execute(arguments: [id])
    }

    // MARK: Search

    /// With fewer records than this after the index, or found by it, they are looked up one by one.
    /// With more, all records are compared until a page is full.
    private static let rareRows = 10_000
    private static let rareTail = 1000

    /// Returns the conditions that a record has all words.
    static func conditions(_ search: WordSearch, _ database: Database) throws
        -> [RecordQuery.Condition]
    {
        guard !search.words.isEmpty else { return [] }
        let end = try indexedThrough(database)
        let comparison = comparison(search, indexedThrough: end)
        guard let found = try candidates(search, after: end, database) else { return [comparison] }
        return [("record.id IN (SELECT value FROM json_each(?))", [found]), comparison]
    }

    /// Returns the numbers of the records that may match, as a JSON array; nil when they are many.
    private static func candidates(
        _ search: WordSearch, after end: Int64, _ database: Database
    ) throws -> String? {
        guard let trigrams = search.trigrams else { return nil }
        let tail = try Int64.fetchAll(
            database, sql: "SELECT id FROM record WHERE id > ? LIMIT \(rareTail + 1)",
            arguments: [end])
        guard tail.count <= rareTail else { return nil }
        let found = try Int64.fetchAll(
            database,
            sql: """
                SELECT rowid FROM record_search WHERE record_search MATCH ? LIMIT \(rareRows)
                """, arguments: [trigrams])
        guard found.count < rareRows else { return nil }
        return "[\((found + tail).map { String($0) }.joined(separator: ","))]"
    }

    /// Returns the condition that a record has all words, by its text.
    private static func comparison(_ search: WordSearch, indexedThrough end: Int64)
        -> RecordQuery.Condition
    {
        let indexed = search.words.map { _ in " AND instr(text, ?) > 0" }.joined()
        // Cheap, and wrong only for words that JSON escapes: before the content is parsed.
        let plain = search.plainWords
        let raw = plain.map { _ in "instr(lower(CAST(content AS TEXT)), ?) > 0 AND " }.joined()
        return (
            """
            CASE WHEN record.id <= ? THEN
                EXISTS (SELECT 1 FROM record_text WHERE record_id = record.id\(indexed))
            ELSE \(raw)has_words(content, ?) END
            """,
            StatementArguments([end]) + StatementArguments(search.words) + StatementArguments(plain)
                + [search.words.joined(separator: " ")]
        )
    }

    /// Compares the content of a record with words that a space separates.
    static let hasWords = DatabaseFunction("has_words", argumentCount: 2, pure: true) { values in
        guard let content = Data.fromDatabaseValue(values[0]),
            let words = String.fromDatabaseValue(values[1]), let search = try? WordSearch(words)
        else { return false }
        return search.matches(SearchText.text(of: [UInt8](content)))
    }
}
