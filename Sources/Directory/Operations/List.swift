internal import FoundationEssentials
internal import GRDB

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
    /// The most records in one page.
    public var limit = 100
    /// A page ends behind the record with which its texts come to so many bytes: a thousand records
    /// of four megabytes of labels each must not become one answer.
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
        public let size: Int
        public let isPublished: Bool
        public let labels: [String]
        /// How many signatures are stored for it.
        public let signatures: Int
    }

    public let items: [Item]
    /// For `RecordListing.after`; nil on the last page.
    public let next: String?
}

extension Operations {
    /// Lists records, newest first. Records that are pushed while somebody turns the pages do not
    /// shift them. Emits nothing.
    public func list(_ listing: RecordListing) async throws(DirectoryError) -> RecordPage {
        guard listing.names.count <= 100, listing.versions.count <= 100,
            listing.labels.count <= 1000
        else { throw .invalid("a listing takes 100 names, 100 versions and 1000 labels at most") }
        var conditions: [RecordQuery.Condition] = []
        if let after = listing.after {
            guard let id = Cursor.row(after, mark: "r-") else {
                throw .invalid("after is not a cursor of this listing")
            }
            conditions.append(("record.id < ?", [id]))
        }
        if !listing.labels.isEmpty { conditions.append(RecordQuery.labelCondition(listing.labels)) }
        if !listing.names.isEmpty {
            conditions.append(RecordQuery.textCondition("name", listing.names))
        }
        if !listing.versions.isEmpty {
            conditions.append(RecordQuery.textCondition("version", listing.versions))
        }
        if let published = listing.published {
            conditions.append(("publication.record_id IS \(published ? "NOT " : "")NULL", []))
        }
        let sql = """
            SELECT record.id, cid, CAST(name AS BLOB) AS name, CAST(version AS BLOB) AS version,
                schema_version, created_at, pushed_at, size,
                publication.record_id IS NOT NULL AS published,
                (SELECT count(*) FROM signature WHERE record_id = record.id) AS signatures
            FROM record LEFT JOIN publication ON publication.record_id = record.id
            WHERE \((conditions.map(\.sql) + ["1"]).joined(separator: " AND "))
            ORDER BY record.id DESC LIMIT ?
            """
        let (limit, textBytes) = (listing.limit, listing.textBytes)
        let arguments =
            conditions.reduce(into: StatementArguments()) { $0 += $1.arguments }
            + [limit + 1]
        return try await store.read { database in
            let rows = try Row.fetchAll(database, sql: sql, arguments: arguments)
            var items: [RecordPage.Item] = []
            var bytes = 0
            for row in rows.prefix(limit) where bytes < textBytes {
                let item = try Self.item(row, database)
                bytes += item.labels.reduce(item.name.utf8.count + item.version.utf8.count) {
                    $0 + $1.utf8.count
                }
                items.append(item)
            }
            let last: Int64? = items.count < rows.count ? rows[items.count - 1]["id"] : nil
            return RecordPage(items: items, next: last.map { Cursor.text($0, mark: "r-") })
        }
    }

    private static func item(_ row: Row, _ database: Database) throws -> RecordPage.Item {
        let name: ExactText = row["name"]
        let version: ExactText = row["version"]
        return RecordPage.Item(
            cid: row["cid"], name: name.text, version: version.text,
            schemaVersion: row["schema_version"], createdAt: row["created_at"],
            pushedAt: row["pushed_at"], size: row["size"], isPublished: row["published"],
            labels: try RecordTable.labels(of: row["id"], database), signatures: row["signatures"])
    }
}
