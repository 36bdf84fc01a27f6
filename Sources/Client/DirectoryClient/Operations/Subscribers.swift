internal import FoundationEssentials
internal import NIOHTTP1

/// Somebody who listens.
public struct SubscriberInfo: Sendable, Equatable, Codable {
    public let id: Int
    public let address: String
    /// RFC 3339.
    public let since: String
    /// The type of the stream.
    public let format: String
    public let filter: Filter
    public let delivered: Int
    public let dropped: Int
    public let queued: Int

    /// What it wants to hear; nil lets all pass.
    public struct Filter: Sendable, Equatable, Codable {
        public let types: [String]?
        public let labels: [String]?
        public let cids: [String]?
    }

    private enum CodingKeys: CodingKey {
        case id, address, since, format, filter, delivered, dropped, queued
    }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        id = try members.count(.id)
        address = try members.decode(String.self, forKey: .address)
        since = try members.decode(String.self, forKey: .since)
        format = try members.decode(String.self, forKey: .format)
        filter = try members.decode(Filter.self, forKey: .filter)
        delivered = try members.count(.delivered)
        dropped = try members.count(.dropped)
        queued = try members.count(.queued)
    }
}

extension DirectoryClient {
    /// Who listens.
    public func subscribers() async throws(DirectoryClientError) -> [SubscriberInfo] {
        try await decode(Page.self, ClientRequest(.GET, "/subscribers")).subscribers
    }

    private struct Page: Decodable { let subscribers: [SubscriberInfo] }
}
