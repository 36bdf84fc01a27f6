internal import FoundationEssentials
internal import GRDB
internal import Records
internal import Text

/// Which records to list: AND between the kinds, OR inside a kind. An empty kind matches all.
public struct RecordListing: Sendable {
    /// Substrings of labels, as in an event filter.
    public var labels: [String] = []
    /// Names, in any case; `*` and `?` are wildcards.
    public var names: [String] = []
    /// Versions, in any case; `*` and `?` are wildcards.
    public var versions: [String] = []
    /// Words that must all occur in name, skills, authors or description, in any case of their
    /// ASCII letters; empty matches all. Of one record 16 KiB of text are searched.
    public var words = ""
    /// True for the published records only, false for the others only, nil for all.
    public var published: Bool?
    /// The most records in one page, at least 1.
    public var limit = 100
    /// The most bytes of names, versions and labels in one page: it ends after the record that
    /// reaches the limit. A thousand records with many labels must not become one response.
    public var textBytes = 1 << 20
    /// `next` of the previous page; nil for the first.
    public var after: String?

    /// Makes a listing of all records.
    public init() {}
}

/// A page of records, newest first.
public struct RecordPage: Sendable {
    /// A record without its content.
    public struct Item: Sendable, Equatable {
        /// The CID.
        public let cid: String
        /// The name in the record.
        public let name: String
        /// The version in the record.
        public let version: String
        /// The version of the schema that the record follows.
        public let schemaVersion: String
        /// The creation time in the record (RFC 3339).
        public let createdAt: String
        /// When it was stored, microseconds since 1970. Nil, here and below: not known.
        public let pushedAt: Int64?
        /// The length of its canonical JSON, bytes.
        public let size: Int?
        /// Whether it is published.
        public let isPublished: Bool?
        /// The labels, in their order.
        public let labels: [String]?
        /// The number of its stored signatures.
        public let signatures: Int?

        package init(
            cid: String, name: String, version: String, schemaVersion: String, createdAt: String,
            pushedAt: Int64?, size: Int?, isPublished: Bool?, labels: [String]?, signatures: Int?
        ) {
            self.cid = cid
            self.name = name
            self.version = version
            self.schemaVersion = schemaVersion
            self.createdAt = createdAt
            self.pushedAt = pushedAt
            self.size = size
            self.isPublished = isPublished
            self.labels = labels
            self.signatures = signatures
        }
    }

    /// The records of the page.
    public let items: [Item]
    /// The records that cannot be read because the store is damaged: their CIDs, or `row N` when the
    /// CID cannot be read either.
    public let damaged: [String]
    /// For `RecordListing.after`; nil on the last page.
    public let next: String?
    /// How many records match; only on the first page, and nil when counting would take long.
    public var total: Total?

    /// A number of records.
    public struct Total: Sendable, Equatable {
        /// The number, or the least that it can be.
        public let count: Int
        /// Whether there are no more.
        public let isExact: Bool
    }

    package init(items: [Item], damaged: [String] = [], next: String?) {
        self.items = items
        self.damaged = damaged
        self.next = next
    }
}

extension Operations {
    /// Returns a page of records, newest first. A push between two pages does not shift them. Emits
    /// nothing.
    /// - Throws: `DirectoryError.invalid` for a bad cursor or too long a filter,
    ///   `DirectoryError.queryTimeout` when the query takes too long.
    public func list(_ listing: RecordListing) async throws(DirectoryError) -> RecordPage {
        let scan = try RecordScan(listing)
        var page = try await store.scan { try scan.run($0) }
        guard listing.after.isNil else { return page }
        if page.next.isNil {
            page.total = RecordPage.Total(
                count: page.items.count + page.damaged.count, isExact: true)
        } else {
            page.total = try await store.scan(within: RecordScan.countTime) { try scan.count($0) }
        }
        return page
    }
}

/// The query for one page of a listing.
private struct RecordScan: Sendable {
    private let listing: RecordListing
    private let before: Int64?
    private let names: [Wildcard]
    private let versions: [Wildcard]
    private let words: WordSearch

    /// The most bytes of one pattern.
    private static let patternBytes = 1024

    init(_ listing: RecordListing) throws(DirectoryError) {
        guard listing.names.count <= 100, listing.versions.count <= 100,
            listing.labels.count <= 1000
        else { throw .invalid("a listing allows 100 names, 100 versions and 1000 labels at most") }
        for pattern in listing.names + listing.versions
        where pattern.utf8.count > Self.patternBytes {
            throw .invalid("a name or version has \(Self.patternBytes) bytes at most")
        }
        try LabelSearch.check(listing.labels)
        self.listing = listing
        names = listing.names.map(Wildcard.init)
        versions = listing.versions.map(Wildcard.init)
        words = try WordSearch(listing.words)
        before = listing.after.flatMap { Cursor.row($0, mark: "r-") }
        guard listing.after.isNil || before != nil else {
            throw .invalid("after is not a cursor of this listing")
        }
    }

    /// The longest time of counting.
    static let countTime: Duration = .milliseconds(250)
    /// The most records that are counted: of all, and of those that match conditions.
    private static let countLimit = (all: 1_000_000, some: 10_000)

    /// Counts the records that match, within a limit.
    func count(_ database: Database) throws -> RecordPage.Total {
        let conditions = try conditions(database)
        let hasPatterns = !names.isEmpty || !versions.isEmpty
        let isPlain = conditions.isEmpty && !hasPatterns
        let limit = isPlain ? Self.countLimit.all : Self.countLimit.some
        // Without a condition, an index has all that is needed.
        let source = isPlain ? "record" : Self.source(conditions)
        let arguments = conditions.reduce(into: StatementArguments()) { $0 += $1.arguments }
        var count = 0
        if hasPatterns {
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT CAST(name AS BLOB) AS name, CAST(version AS BLOB) AS version
                    FROM \(source)
                    """, arguments: arguments)
            while count <= limit, let row = try rows.next() {
                let name: ExactText? = try? row.decode(forColumn: "name")
                let version: ExactText? = try? row.decode(forColumn: "version")
                if matches(name?.text ?? "", version?.text ?? "") { count += 1 }
            }
        } else {
            count =
                try Int.fetchOne(
                    database,
                    sql: "SELECT count(*) FROM (SELECT 1 FROM \(source) LIMIT \(limit + 1))",
                    arguments: arguments) ?? 0
        }
        return RecordPage.Total(count: min(count, limit), isExact: count <= limit)
    }

    private func matches(_ name: String, _ version: String) -> Bool {
        (names.isEmpty || names.contains { $0.matches(name) })
            && (versions.isEmpty || versions.contains { $0.matches(version) })
    }

    private static func source(_ conditions: [RecordQuery.Condition]) -> String {
        """
        record LEFT JOIN publication ON publication.record_id = record.id
        WHERE \((conditions.map(\.sql) + ["1"]).joined(separator: " AND "))
        """
    }

    /// Returns the conditions of the listing, wherever its page begins.
    private func conditions(_ database: Database) throws -> [RecordQuery.Condition] {
        var conditions: [RecordQuery.Condition] = []
        if !listing.labels.isEmpty {
            let numbers = try LabelTable.numbers(containing: listing.labels, database)
            conditions.append(try RecordQuery.labelCondition(numbers, database))
        }
        if !names.isEmpty, !names.contains(where: \.isPattern) {
            conditions.append(RecordQuery.nameCondition(listing.names))
        }
        if let published = listing.published {
            conditions.append(("publication.record_id IS \(published ? "NOT " : "")NULL", []))
        }
        // The most expensive one last.
        return conditions + (try SearchTable.conditions(words, database))
    }

    func run(_ database: Database) throws -> RecordPage {
        var conditions = try conditions(database)
        if let before { conditions.insert(("record.id < ?", [before]), at: 0) }
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT record.id, cid, CAST(name AS BLOB) AS name,
                    CAST(version AS BLOB) AS version, schema_version, created_at, pushed_at, size,
                    publication.record_id IS NOT NULL AS published,
                    (SELECT count(*) FROM signature WHERE record_id = record.id) AS signatures
                FROM \(Self.source(conditions))
                ORDER BY record.id DESC
                """,
            arguments: conditions.reduce(into: StatementArguments()) { $0 += $1.arguments })
        return try page(rows, database)
    }

    private func page(_ rows: RowCursor, _ database: Database) throws -> RecordPage {
        var (items, damaged): ([RecordPage.Item], [String]) = ([], [])
        var bytes = 0
        var last: Int64 = 0
        while let row = try rows.next() {
            // A full page has a cursor only when there are more records.
            guard items.count + damaged.count < listing.limit, bytes < listing.textBytes else {
                let next = Cursor.text(last, mark: "r-")
                return RecordPage(items: items, damaged: damaged, next: next)
            }
            let id: Int64 = try row.decode(forColumn: "id")
            do {
                guard let item = try item(row, id, database) else { continue }
                bytes += item.textBytes
                items.append(item)
            } catch is RowDecodingError {
                damaged.append((try? row.decode(forColumn: "cid")) ?? "row \(id)")
            } catch DirectoryError.damaged {
                damaged.append((try? row.decode(forColumn: "cid")) ?? "row \(id)")
            }
            last = id
        }
        return RecordPage(items: items, damaged: damaged, next: nil)
    }

    /// Returns a record; nil when it does not match the patterns.
    private func item(_ row: Row, _ id: Int64, _ database: Database) throws -> RecordPage.Item? {
        let name: ExactText = try row.decode(forColumn: "name")
        let version: ExactText = try row.decode(forColumn: "version")
        guard matches(name.text, version.text) else { return nil }
        let cid: String = try row.decode(forColumn: "cid")
        guard CID.isValid(cid) else { throw DirectoryError.damaged(cid: cid) }
        // Not optional here: another Directory may not tell them, a row of the store has them.
        let pushedAt: Int64 = try row.decode(forColumn: "pushed_at")
        let size: Int = try row.decode(forColumn: "size")
        return RecordPage.Item(
            cid: cid, name: name.text, version: version.text,
            schemaVersion: try row.decode(forColumn: "schema_version"),
            createdAt: try row.decode(forColumn: "created_at"),
            pushedAt: pushedAt, size: size,
            isPublished: try row.decode(forColumn: "published"),
            labels: try LabelTable.labels(of: id, database),
            signatures: try row.decode(forColumn: "signatures"))
    }
}

extension RecordPage.Item {
    fileprivate var textBytes: Int {
        (labels ?? []).reduce(name.utf8.count + version.utf8.count) { $0 + $1.utf8.count }
    }
}

/// The limits of a search in labels, for listings and publications.
enum LabelSearch {
    /// Checks the length of the texts to search for.
    /// - Throws: `DirectoryError.invalid` when they are too long together.
    static func check(_ texts: [String]) throws(DirectoryError) {
        // A text that is longer than any label costs nothing: the search skips it.
        let bytes = texts.reduce(0) {
            $0 + ($1.utf8.count > LabelTable.longestLabel ? 0 : $1.utf8.count)
        }
        guard bytes <= LabelTable.searchBytes else {
            throw .invalid(
                "the labels to search for have \(LabelTable.searchBytes >> 10) KiB together at most"
            )
        }
    }
}
