internal import GRDB
internal import Records
internal import Text

/// A search in the stored records: every condition must hold.
public struct RecordSearch: Sendable {
    /// One condition: one of its tests must hold; with `isNegated`, none of them.
    public struct Condition: Sendable {
        /// The tests.
        public let tests: [RecordTest]
        /// Whether the condition holds when no test does.
        public let isNegated: Bool

        /// Makes a condition.
        public init(_ tests: [RecordTest], isNegated: Bool = false) {
            self.tests = tests
            self.isNegated = isNegated
        }
    }

    /// The conditions; none matches every record.
    public var conditions: [Condition] = []
    /// True for the published records only.
    public var isPublished = false
    /// The most records in one page, at least 1.
    public var limit = 1000
    /// `next` of the previous page; nil for the first.
    public var after: String?

    /// Makes a search that finds every record.
    public init() {}

    /// The most tests of one search.
    public static let testLimit = 100
    /// The most bytes of the texts of one search: each is compared at each place of each label.
    public static let textBytes = 4 << 10
}

/// A page of a search, newest first.
public struct RecordSearchPage: Sendable {
    /// A record that matches.
    public struct Item: Sendable {
        /// The CID.
        public let cid: String
        /// The name in the record.
        public let name: String
        /// The version in the record.
        public let version: String
        /// The labels, in their order.
        public let labels: [String]
    }

    /// The records of the page.
    public let items: [Item]
    /// For `RecordSearch.after`; nil on the last page.
    public let next: String?
}

extension Operations {
    /// Returns a page of the records that match, newest first. Emits nothing. Records that cannot be
    /// read are left out.
    /// - Throws: `DirectoryError.invalid` for too many or too long tests, `.queryTimeout` when the
    ///   search takes too long.
    public func search(_ search: RecordSearch) async throws(DirectoryError) -> RecordSearchPage {
        let tests = search.conditions.flatMap(\.tests)
        guard tests.count <= RecordSearch.testLimit else {
            throw .invalid("a search has \(RecordSearch.testLimit) queries at most")
        }
        guard tests.reduce(0, { $0 + $1.textBytes }) <= RecordSearch.textBytes else {
            throw .invalid(
                "the queries of a search have \(RecordSearch.textBytes >> 10) KiB together at most")
        }
        var before: Int64 = .max
        if let after = search.after {
            guard let row = Cursor.row(after, mark: "q-") else {
                throw .invalid("after is not a cursor of this search")
            }
            before = row
        }
        let scan = SearchScan(search, before: before)
        return try await store.scan { try scan.run($0) }
    }
}

/// The query for one page of a search.
private struct SearchScan: Sendable {
    private let search: RecordSearch
    private let before: Int64
    /// The cheap conditions first: those after them read the content of the record.
    private let conditions: [RecordSearch.Condition]
    /// The names to find by index, in lower case; nil when every record must be looked at.
    private let names: [String]?

    init(_ search: RecordSearch, before: Int64) {
        self.search = search
        self.before = before
        conditions =
            search.conditions.filter { !$0.needsContent }
            + search.conditions.filter(\.needsContent)
        names = search.conditions.lazy.compactMap(\.exactNames).first
    }

    func run(_ database: Database) throws -> RecordSearchPage {
        var (sql, arguments): (String, StatementArguments) = ("record.id < ?", [before])
        if search.isPublished {
            sql += " AND EXISTS (SELECT 1 FROM publication WHERE record_id = record.id)"
        }
        if let names {
            let condition = RecordQuery.nameCondition(names)
            sql += " AND \(condition.sql)"
            arguments += condition.arguments
        }
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT id, cid, CAST(name AS BLOB) AS name, CAST(version AS BLOB) AS version,
                    schema_version, created_at,
                    EXISTS (SELECT 1 FROM signature WHERE record_id = record.id) AS signed
                FROM record WHERE \(sql) ORDER BY id DESC
                """, arguments: arguments)
        var items: [RecordSearchPage.Item] = []
        var last: Int64 = 0
        while let row = try rows.next() {
            guard items.count < search.limit else {
                return RecordSearchPage(items: items, next: Cursor.text(last, mark: "q-"))
            }
            let id: Int64 = try row.decode(forColumn: "id")
            if let item = try? item(row, id, database) { items.append(item) }
            last = id
        }
        return RecordSearchPage(items: items, next: nil)
    }

    private func item(_ row: Row, _ id: Int64, _ database: Database) throws
        -> RecordSearchPage.Item?
    {
        let name: ExactText = try row.decode(forColumn: "name")
        let version: ExactText = try row.decode(forColumn: "version")
        var record = SearchedRecord(
            name: name.text, version: version.text,
            schemaVersion: try row.decode(forColumn: "schema_version"),
            createdAt: try row.decode(forColumn: "created_at"),
            isSigned: try row.decode(forColumn: "signed"),
            labels: try LabelTable.labels(of: id, database))
        for condition in conditions {
            if condition.needsContent, record.content == nil {
                record.content = try JSONParser.parse(try RecordTable.content(of: id, database))
            }
            guard condition.holds(for: record) else { return nil }
        }
        return RecordSearchPage.Item(
            cid: try row.decode(forColumn: "cid"), name: record.name, version: record.version,
            labels: record.labels)
    }
}

extension RecordSearch.Condition {
    fileprivate var needsContent: Bool { tests.contains(where: \.needsContent) }

    /// The names, when the condition demands exactly one of them.
    fileprivate var exactNames: [String]? {
        guard !isNegated, !tests.isEmpty else { return nil }
        let names = tests.compactMap(\.exactName)
        return names.count == tests.count ? names : nil
    }

    fileprivate func holds(for record: SearchedRecord) -> Bool {
        tests.contains { $0.holds(for: record) } != isNegated
    }
}
