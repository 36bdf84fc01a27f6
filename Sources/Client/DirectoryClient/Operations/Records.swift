public import FoundationEssentials
internal import NIOHTTP1
internal import Text

/// A record in a listing.
public struct RecordSummary: Sendable, Equatable, Codable {
    public let cid: String
    public let name: String
    public let version: String
    public let schemaVersion: String
    /// As the record says it.
    public let createdAt: String
    /// RFC 3339.
    public let pushedAt: String
    /// Bytes of canonical JSON.
    public let size: Int
    public let isPublished: Bool
    public let labels: [String]

    private enum CodingKeys: String, CodingKey {
        case cid, name, version, size, labels
        case schemaVersion = "schema_version"
        case createdAt = "created_at"
        case pushedAt = "pushed_at"
        case isPublished = "published"
    }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        cid = try members.decode(String.self, forKey: .cid)
        name = try members.decode(String.self, forKey: .name)
        version = try members.decode(String.self, forKey: .version)
        schemaVersion = try members.decode(String.self, forKey: .schemaVersion)
        createdAt = try members.decode(String.self, forKey: .createdAt)
        pushedAt = try members.decode(String.self, forKey: .pushedAt)
        size = try members.count(.size)
        isPublished = try members.decode(Bool.self, forKey: .isPublished)
        labels = try members.decode([String].self, forKey: .labels)
    }
}

/// Which records to list: AND between the kinds, OR inside a kind.
public struct RecordQuery: Sendable, Equatable {
    /// Parts of labels.
    public var labels: [String] = []
    /// Whole names, in any case, with the wildcards `*` and `?`.
    public var names: [String] = []
    /// Versions, likewise.
    public var versions: [String] = []
    public var isPublished: Bool?

    public init() {}

    fileprivate var items: [(String, String)] {
        labels.map { ("label", $0) } + names.map { ("name", $0) }
            + versions.map { ("version", $0) }
            + (isPublished.map { [("published", $0 ? "true" : "false")] } ?? [])
    }
}

/// What is known of a record without its content.
public struct RecordInfo: Sendable, Equatable, Codable {
    public let cid: String
    /// Bytes of canonical JSON.
    public let size: Int
    public let labels: [String]
    /// Whether there are more labels than one answer without content can hold.
    public let hasMoreLabels: Bool

    private enum CodingKeys: String, CodingKey {
        case cid, size, labels
        case hasMoreLabels = "has_more_labels"
    }
}

extension DirectoryClient {
    /// Reads a record: exactly its canonical JSON, which hashes to its cid.
    public func pull(_ cid: String) async throws(DirectoryClientError) -> Data {
        try await answer(ClientRequest(.GET, "/records/\(PercentCoding.encode(cid))")).body
    }

    /// Looks a record up, without reading it.
    public func info(_ cid: String) async throws(DirectoryClientError) -> RecordInfo {
        let headers: HTTPHeaders
        do {
            headers = try await answer(
                ClientRequest(.HEAD, "/records/\(PercentCoding.encode(cid))")
            )
            .headers
        } catch .refused(let problem) where problem.status == 404 {
            // An answer to HEAD has no words: it may be about the whole path.
            _ = try await records(limit: 1)
            throw .refused(Problem(missing: cid))
        }
        guard headers.first(name: "Content-Type")?.isMediaType("application/json") == true else {
            throw .notAGateway(configuration.server, reason: "its answer is not about a record")
        }
        let size = headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
        let labels = headers["Directory-Labels"].flatMap(\.commaSeparated).map(
            PercentCoding.lenientlyDecoded)
        return RecordInfo(
            cid: cid, size: max(size, 0), labels: labels,
            hasMoreLabels: headers.contains(name: "Directory-Labels-Truncated"))
    }

    /// Deletes a record; succeeds for one that is not stored.
    public func delete(_ cid: String) async throws(DirectoryClientError) {
        try await remove("/records/\(PercentCoding.encode(cid))")
    }

    /// A page of records, newest first.
    /// - Parameter after: `next` of the page before.
    public func records(
        _ query: RecordQuery = RecordQuery(), limit: Int = 100, after: String? = nil
    ) async throws(DirectoryClientError) -> (records: [RecordSummary], next: String?) {
        let items =
            query.items + [("limit", String(limit))] + (after.map { [("after", $0)] } ?? [])
        let page = try await decode(Page.self, ClientRequest(.GET, "/records", query: items))
        return (page.records, page.next)
    }

    private struct Page: Decodable {
        let records: [RecordSummary]
        let next: String?
    }
}

extension Problem {
    /// Of a record that is not stored, when the answer has no words.
    fileprivate init(missing cid: String) {
        self.init(
            type: "urn:directory-gateway:problem:record-not-found", title: "Record not found",
            status: 404, detail: "No record with this cid is stored here: \(cid).",
            remedy: "Push it first, or look for it with a search.", faults: [])
    }
}
