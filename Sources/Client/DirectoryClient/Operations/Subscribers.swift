internal import FoundationEssentials
internal import NIOHTTP1

/// A subscriber of the gateway.
public struct SubscriberInfo: Sendable, Equatable, Codable {
    /// Its number.
    public let id: Int
    /// Its network address.
    public let address: String
    /// When it subscribed (RFC 3339).
    public let since: String
    /// The media type of the stream.
    public let format: String
    /// Its filter.
    public let filter: Filter
    /// The number of delivered events.
    public let delivered: Int
    /// The number of dropped events.
    public let dropped: Int
    /// The number of events in its send queue.
    public let queued: Int

    /// The filter of a subscriber; nil matches every event.
    public struct Filter: Sendable, Equatable, Codable {
        /// The types of events.
        public let types: [String]?
        /// Parts of labels.
        public let labels: [String]?
        /// Whole resource ids.
        public let cids: [String]?
    }

    private enum CodingKeys: CodingKey {
        case id, address, since, format, filter, delivered, dropped, queued
    }

    /// Decodes a subscriber.
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
    /// Returns the subscribers of the gateway, in the order in which they came.
    /// - Throws: `DirectoryClientError`.
    public func subscribers() async throws(DirectoryClientError) -> [SubscriberInfo] {
        var all: [SubscriberInfo] = []
        var after: String?
        repeat {
            var query = [("limit", "1000")]
            if let after { query.append(("after", after)) }
            let page = try await decode(
                Page.self, ClientRequest(.GET, "/subscribers", query: query))
            all += page.subscribers
            after = page.next
        } while after != nil
        return all
    }

    private struct Page: Decodable {
        let subscribers: [SubscriberInfo]
        let next: String?
    }
}
