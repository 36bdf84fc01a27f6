internal import FoundationEssentials
internal import NIOHTTP1
internal import Text

/// How far a sync is.
public struct SyncInfo: Sendable, Equatable, Codable {
    public let id: String
    /// `PENDING`, `IN_PROGRESS`, `COMPLETED`, `FAILED` or `DELETED`.
    public let status: String
    public let remoteURL: String
    /// The records that were asked for; nil for all that are published there.
    public let cids: [String]?
    /// RFC 3339.
    public let createdAt: String
    /// When the status changed last, RFC 3339.
    public let updatedAt: String
    public let found: Int
    public let copied: Int
    public let present: Int
    public let failed: Int
    /// Why it failed.
    public let error: String?

    /// Whether nothing will change any more.
    public var hasEnded: Bool {
        !status.hasBytes(of: "PENDING") && !status.hasBytes(of: "IN_PROGRESS")
    }

    /// Whether it has ended well.
    public var hasCompleted: Bool { status.hasBytes(of: "COMPLETED") }

    private enum CodingKeys: String, CodingKey {
        case status, cids, found, copied, present, failed, error
        case id = "sync_id"
        case remoteURL = "remote_directory_url"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        id = try members.decode(String.self, forKey: .id)
        status = try members.decode(String.self, forKey: .status)
        remoteURL = try members.decode(String.self, forKey: .remoteURL)
        cids = try members.decodeIfPresent([String].self, forKey: .cids)
        createdAt = try members.decode(String.self, forKey: .createdAt)
        updatedAt = try members.decode(String.self, forKey: .updatedAt)
        found = try members.count(.found)
        copied = try members.count(.copied)
        present = try members.count(.present)
        failed = try members.count(.failed)
        error = try members.decodeIfPresent(String.self, forKey: .error)
    }
}

extension DirectoryClient {
    /// Has the gateway copy the published records of another one.
    /// - Parameter cids: the records to copy; none for all that are published there.
    /// - Returns: the id of the sync.
    public func sync(from remote: String, cids: [String] = []) async throws(DirectoryClientError)
        -> String
    {
        let body = SyncBody(remote_directory_url: remote, cids: cids.isEmpty ? nil : cids)
        return try await decode(Created.self, ClientRequest("/sync", body)).sync_id
    }

    /// How far a sync is.
    public func sync(_ id: String) async throws(DirectoryClientError) -> SyncInfo {
        try await decode(SyncInfo.self, ClientRequest(.GET, "/syncs/\(PercentCoding.encode(id))"))
    }

    /// A page of syncs, newest first, without the cids that were asked for.
    /// - Parameter after: `next` of the page before.
    public func syncs(limit: Int = 100, after: String? = nil) async throws(DirectoryClientError)
        -> (syncs: [SyncInfo], next: String?)
    {
        let query = [("limit", String(limit))] + (after.map { [("after", $0)] } ?? [])
        let page = try await decode(Page.self, ClientRequest(.GET, "/syncs", query: query))
        return (page.syncs, page.next)
    }

    /// Cancels a sync; what it has copied stays.
    public func cancelSync(_ id: String) async throws(DirectoryClientError) {
        try await remove("/syncs/\(PercentCoding.encode(id))")
    }

    private struct SyncBody: Encodable {
        let remote_directory_url: String
        let cids: [String]?
    }

    private struct Created: Decodable { let sync_id: String }

    private struct Page: Decodable {
        let syncs: [SyncInfo]
        let next: String?
    }
}
