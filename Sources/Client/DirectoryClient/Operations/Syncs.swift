internal import FoundationEssentials
internal import NIOHTTP1
internal import Text

/// A sync with its progress.
public struct SyncInfo: Sendable, Equatable, Codable {
    /// The id.
    public let id: String
    /// `PENDING`, `IN_PROGRESS`, `COMPLETED`, `FAILED` or `DELETED`.
    public let status: String
    /// The address of the other gateway.
    public let remoteURL: String
    /// The requested records; nil for all that are published there.
    public let cids: [String]?
    /// When it was accepted (RFC 3339). A gateway in front of another Directory may not know this and
    /// the numbers that follow: then it is empty, or 0.
    public let createdAt: String
    /// The last change of its status (RFC 3339).
    public let updatedAt: String
    /// Records that the remote has.
    public let found: Int
    /// Records that the sync has copied.
    public let copied: Int
    /// Records that were stored already.
    public let present: Int
    /// Records that could not be copied.
    public let failed: Int
    /// Why it failed; nil unless it failed.
    public let error: String?

    /// Whether it has ended.
    public var hasEnded: Bool {
        !status.hasBytes(of: "PENDING") && !status.hasBytes(of: "IN_PROGRESS")
    }

    /// Whether it has ended without an error.
    public var hasCompleted: Bool { status.hasBytes(of: "COMPLETED") }

    private enum CodingKeys: String, CodingKey {
        case status, cids, found, copied, present, failed, error
        case id = "sync_id"
        case remoteURL = "remote_directory_url"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    /// Decodes a sync.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        id = try members.decode(String.self, forKey: .id)
        status = try members.decode(String.self, forKey: .status)
        remoteURL = try members.decode(String.self, forKey: .remoteURL)
        cids = try members.decodeIfPresent([String].self, forKey: .cids)
        createdAt = try members.decodeIfPresent(String.self, forKey: .createdAt) ?? ""
        updatedAt = try members.decodeIfPresent(String.self, forKey: .updatedAt) ?? ""
        found = members.contains(.found) ? try members.count(.found) : 0
        copied = members.contains(.copied) ? try members.count(.copied) : 0
        present = members.contains(.present) ? try members.count(.present) : 0
        failed = members.contains(.failed) ? try members.count(.failed) : 0
        error = try members.decodeIfPresent(String.self, forKey: .error)
    }
}

extension DirectoryClient {
    /// Starts to copy the published records of another gateway.
    /// - Parameters:
    ///   - remote: the address of the other gateway.
    ///   - cids: the records to copy; empty for all that are published there.
    /// - Returns: the id of the sync.
    /// - Throws: `DirectoryClientError`.
    public func sync(from remote: String, cids: [String] = []) async throws(DirectoryClientError)
        -> String
    {
        let body = SyncBody(remote_directory_url: remote, cids: cids.isEmpty ? nil : cids)
        return try await decode(Created.self, ClientRequest("/sync", body)).sync_id
    }

    /// Returns a sync with its progress.
    /// - Throws: `DirectoryClientError`.
    public func sync(_ id: String) async throws(DirectoryClientError) -> SyncInfo {
        try await decode(SyncInfo.self, ClientRequest(.GET, "/syncs/\(PercentCoding.encode(id))"))
    }

    /// Returns a page of syncs, newest first, without their `cids`.
    /// - Parameter after: `next` of the previous page; nil for the first.
    /// - Throws: `DirectoryClientError`.
    public func syncs(limit: Int = 100, after: String? = nil) async throws(DirectoryClientError)
        -> (syncs: [SyncInfo], next: String?)
    {
        let query = [("limit", String(limit))] + (after.map { [("after", $0)] } ?? [])
        let page = try await decode(Page.self, ClientRequest(.GET, "/syncs", query: query))
        return (page.syncs, page.next)
    }

    /// Cancels a sync. The copied records are kept.
    /// - Throws: `DirectoryClientError`.
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
