public import FoundationEssentials
internal import NIOHTTP1
internal import Text

/// A record in a listing.
public struct RecordSummary: Sendable, Equatable, Codable {
    /// The cid.
    public let cid: String
    /// The name in the record.
    public let name: String
    /// The version in the record.
    public let version: String
    /// The version of the schema that the record follows.
    public let schemaVersion: String
    /// The creation time in the record (RFC 3339).
    public let createdAt: String
    /// When it was stored (RFC 3339). A gateway in front of another Directory may not know this and
    /// what follows: then it is empty, 0 or false.
    public let pushedAt: String
    /// The length of its canonical JSON, bytes.
    public let size: Int
    /// Whether it is published.
    public let isPublished: Bool
    /// The labels.
    public let labels: [String]

    private enum CodingKeys: String, CodingKey {
        case cid, name, version, size, labels
        case schemaVersion = "schema_version"
        case createdAt = "created_at"
        case pushedAt = "pushed_at"
        case isPublished = "published"
    }

    /// Decodes a record in a listing.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        cid = try members.decode(String.self, forKey: .cid)
        name = try members.decode(String.self, forKey: .name)
        version = try members.decode(String.self, forKey: .version)
        schemaVersion = try members.decode(String.self, forKey: .schemaVersion)
        createdAt = try members.decode(String.self, forKey: .createdAt)
        pushedAt = try members.decodeIfPresent(String.self, forKey: .pushedAt) ?? ""
        size = members.contains(.size) ? try members.count(.size) : 0
        isPublished = try members.decodeIfPresent(Bool.self, forKey: .isPublished) ?? false
        labels = try members.decodeIfPresent([String].self, forKey: .labels) ?? []
    }
}

/// Which records to list: AND between the kinds, OR inside a kind.
public struct RecordQuery: Sendable, Equatable {
    /// Parts of labels.
    public var labels: [String] = []
    /// Whole names, in any case, with the wildcards `*` and `?`.
    public var names: [String] = []
    /// Whole versions, in any case, with the wildcards `*` and `?`.
    public var versions: [String] = []
    /// Words: each must occur in the name, description, an author or a skill.
    public var words: [String] = []
    /// True for the published records only, false for the others only, nil for all.
    public var isPublished: Bool?

    /// Makes a query for all records.
    public init() {}

    fileprivate var items: [(String, String)] {
        labels.map { ("label", $0) } + names.map { ("name", $0) }
            + versions.map { ("version", $0) }
            + (words.isEmpty ? [] : [("q", words.joined(separator: " "))])
            + (isPublished.map { [("published", $0 ? "true" : "false")] } ?? [])
    }
}

/// A record without its content.
public struct RecordInfo: Sendable, Equatable, Codable {
    /// The cid.
    public let cid: String
    /// The length of its canonical JSON, bytes.
    public let size: Int
    /// The labels that fit into a response header.
    public let labels: [String]
    /// Whether the record has more labels than fit into a response header.
    public let hasMoreLabels: Bool
    /// Whether it is published; nil when the gateway does not say.
    public let isPublished: Bool?
    /// The number of its signatures; nil when the gateway does not say.
    public let signatures: Int?

    private enum CodingKeys: String, CodingKey {
        case cid, size, labels, signatures
        case hasMoreLabels = "has_more_labels"
        case isPublished = "published"
    }
}

extension DirectoryClient {
    /// Returns the content of a record: exactly its canonical JSON, whose hash is in its cid.
    /// - Parameter isPeek: only a look, of which the gateway emits no event.
    /// - Throws: `DirectoryClientError`.
    public func pull(_ cid: String, isPeek: Bool = false) async throws(DirectoryClientError) -> Data
    {
        let request = ClientRequest(
            .GET, "/records/\(PercentCoding.encode(cid))", query: isPeek ? [("peek", "1")] : [])
        return try await response(to: request).body
    }

    /// Returns a record without its content.
    /// - Throws: `DirectoryClientError`.
    public func info(_ cid: String) async throws(DirectoryClientError) -> RecordInfo {
        let headers: HTTPHeaders
        do {
            headers = try await response(
                to: ClientRequest(.HEAD, "/records/\(PercentCoding.encode(cid))")
            )
            .headers
        } catch .refused(let problem) where problem.status == 404 {
            // A response to HEAD has no body: the address may be wrong, not only the cid.
            _ = try await records(limit: 1)
            throw .refused(Problem(missing: cid))
        }
        guard headers.first(name: "Content-Type")?.isMediaType("application/json") == true else {
            throw .notAGateway(
                configuration.server, reason: "its response does not describe a record")
        }
        let size = headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
        let labels = headers["Directory-Labels"].commaSeparated.map(
            PercentCoding.lenientlyDecoded)
        return RecordInfo(
            cid: cid, size: max(size, 0), labels: labels,
            hasMoreLabels: headers.contains(name: "Directory-Labels-Truncated"),
            isPublished: headers.first(name: "Directory-Published").map { $0.hasBytes(of: "true") },
            signatures: headers.first(name: "Directory-Signatures").flatMap { Int($0) })
    }

    /// Deletes a record; succeeds also when it is not stored.
    /// - Throws: `DirectoryClientError`.
    public func delete(_ cid: String) async throws(DirectoryClientError) {
        try await remove("/records/\(PercentCoding.encode(cid))")
    }

    /// Returns a page of records, newest first.
    /// - Parameters:
    ///   - limit: the most records in the page, up to 1000.
    ///   - after: `next` of the previous page; nil for the first.
    /// - Returns: the records, and on the first page the number of all that match; there may be more
    ///   than `total` when it is not exact.
    /// - Throws: `DirectoryClientError`.
    public func records(
        _ query: RecordQuery = RecordQuery(), limit: Int = 100, after: String? = nil
    ) async throws(DirectoryClientError) -> (
        records: [RecordSummary], next: String?, total: Int?, isTotalExact: Bool
    ) {
        let items =
            query.items + [("limit", String(limit))] + (after.map { [("after", $0)] } ?? [])
        let page = try await decode(Page.self, ClientRequest(.GET, "/records", query: items))
        return (page.records, page.next, page.total, page.total_exact ?? true)
    }

    private struct Page: Decodable {
        let records: [RecordSummary]
        let next: String?
        let total: Int?
        let total_exact: Bool?
    }
}

extension Problem {
    /// Makes the problem of a record that is not stored, for a response without a body.
    fileprivate init(missing cid: String) {
        self.init(
            type: "urn:directory-gateway:problem:record-not-found", title: "Record not found",
            status: 404, detail: "No record with this cid is stored here: \(cid).",
            remedy: "Push the record first, or search for it.", faults: [])
    }
}
