internal import FoundationEssentials
internal import GRDB
internal import Records
internal import Text

/// Which records to list: AND between the kinds, OR inside a kind, an empty kind lets all pass.
public struct RecordListing: Sendable {
    /// Substrings of labels, as in an event filter.
    public var labels: [String] = []
    /// Names, in any case; `*` and `?` are wildcards.
    public var names: [String] = []
    /// Versions, likewise.
    public var versions: [String] = []
    /// Only those that are announced, or only those that are not.
    public var published: Bool?
    /// The most records in one page, at least 1.
    public var limit = 100
    /// A page ends after the record with which its texts reach so many bytes: a thousand records
    /// with many labels each must not become one response.
    public var textBytes = 1 << 20
    /// The cursor of the page before.
    public var after: String?

    public init() {}
}

/// A page of records, newest first.
public struct RecordPage: Sendable {
    /// A record without its content.
    public struct Item: Sendable, Equatable {
        public let cid: String
        public let name: String
        public let version: String
        public let schemaVersion: String
        /// As the record says it.
        public let createdAt: String
        /// Microseconds since 1970.
        public let pushedAt: Int64
        /// Bytes of canonical JSON.
        public let size: Int
        public let isPublished: Bool
        public let labels: [String]
        /// How many signatures are stored for it.
        public let signatures: Int
    }

    public let items: [Item]
    /// Records that cannot be read, because the store is damaged: their CIDs, as far as those can.
    public let damaged: [String]
    /// For `RecordListing.after`; nil on the last page.
    public let next: String?
}

extension Operations {
    /// Lists records, newest first. Records that are pushed while somebody turns the pages do not
    /// shift them. Emits nothing.
    /// - Throws: `DirectoryError.queryTimeout` when the store has to look at too many records.
    public func list(_ listing: RecordListing) async throws(DirectoryError) -> RecordPage {
        let scan = try RecordScan(listing)
        return try await store.scan { try scan.run($0) }
    }
}

/// One page of a listing, on its way through the records.
private struct RecordScan: Sendable {
    private let listing: RecordListing
    private let before: Int64?
    private let names: [Wildcard]
    private let versions: [Wildcard]

    /// The most bytes of one pattern.
    private static let patternBytes = 1024

    init(_ listing: RecordListing) throws(DirectoryError) {
        guard listing.names.count <= 100, listing.versions.count <= 100,
            listing.labels.count <= 1000
        else { throw .invalid("a listing takes 100 names, 100 versions and 1000 labels at most") }
        for pattern in listing.names + listing.versions
        where pattern.utf8.count > Self.patternBytes {
            throw .invalid("a name or version takes \(Self.patternBytes) bytes at most")
        }
        try LabelSearch.check(listing.labels)
        self.listing = listing
        names = listing.names.map(Wildcard.init)
        versions = listing.versions.map(Wildcard.init)
        before = listing.after.flatMap { Cursor.row($0, mark: "r-") }
        guard listing.after.isNil || before != nil else {
            throw .invalid("after is not a cursor of this listing")
        }
    }

    func run(_ database: Database) throws -> RecordPage {
        var conditions: [RecordQuery.Condition] = []
        if let before { conditions.append(("record.id < ?", [before])) }
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
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT record.id, cid, CAST(name AS BLOB) AS name,
                    CAST(version AS BLOB) AS version, schema_version, created_at, pushed_at, size,
                    publication.record_id IS NOT NULL AS published,
                    (SELECT count(*) FROM signature WHERE record_id = record.id) AS signatures
                FROM record LEFT JOIN publication ON publication.record_id = record.id
                WHERE \((conditions.map(\.sql) + ["1"]).joined(separator: " AND "))
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
            // A page that is full tells that there is more only when there is.
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

    /// - Returns: nil when the record does not fit the patterns.
    private func item(_ row: Row, _ id: Int64, _ database: Database) throws -> RecordPage.Item? {
        let name: ExactText = try row.decode(forColumn: "name")
        let version: ExactText = try row.decode(forColumn: "version")
        guard names.isEmpty || names.contains(where: { $0.matches(name.text) }),
            versions.isEmpty || versions.contains(where: { $0.matches(version.text) })
        else { return nil }
        let cid: String = try row.decode(forColumn: "cid")
        guard CID.isValid(cid) else { throw DirectoryError.damaged(cid: cid) }
        return RecordPage.Item(
            cid: cid, name: name.text, version: version.text,
            schemaVersion: try row.decode(forColumn: "schema_version"),
            createdAt: try row.decode(forColumn: "created_at"),
            pushedAt: try row.decode(forColumn: "pushed_at"),
            size: try row.decode(forColumn: "size"),
            isPublished: try row.decode(forColumn: "published"),
            labels: try LabelTable.labels(of: id, database),
            signatures: try row.decode(forColumn: "signatures"))
    }
}

extension RecordPage.Item {
    fileprivate var textBytes: Int {
        labels.reduce(name.utf8.count + version.utf8.count) { $0 + $1.utf8.count }
    }
}

/// The texts that a listing or a publication looks for in labels.
enum LabelSearch {
    static func check(_ texts: [String]) throws(DirectoryError) {
        // One that is longer than any label costs nothing: it is not looked for.
        let bytes = texts.reduce(0) {
            $0 + ($1.utf8.count > LabelTable.longestLabel ? 0 : $1.utf8.count)
        }
        guard bytes <= LabelTable.searchBytes else {
            throw .invalid(
                "the labels to look for take \(LabelTable.searchBytes >> 10) KiB together at most")
        }
    }
}
