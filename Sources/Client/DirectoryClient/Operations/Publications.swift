internal import FoundationEssentials

extension DirectoryClient {
    /// Which records to announce.
    public enum Selection: Sendable, Equatable {
        case cids([String])
        case all
        /// Those with a label that contains one of these.
        case labels([String])
    }

    /// Announces records: all of them, or none when one is not stored.
    /// - Returns: the cids.
    public func publish(_ selection: Selection) async throws(DirectoryClientError) -> [String] {
        let body: SelectionBody =
            switch selection {
            case .cids(let cids): SelectionBody(cids: cids)
            case .all: SelectionBody(all: true)
            case .labels(let labels): SelectionBody(labels: labels)
            }
        return try await decode(Published.self, ClientRequest("/publish", body)).published
    }

    /// Withdraws records: all of them, or none when one is not stored.
    /// - Returns: the cids.
    public func unpublish(_ cids: [String]) async throws(DirectoryClientError) -> [String] {
        let request = ClientRequest("/unpublish", SelectionBody(cids: cids))
        return try await decode(Unpublished.self, request).unpublished
    }

    private struct SelectionBody: Encodable {
        var cids: [String]?
        var all: Bool?
        var labels: [String]?
    }

    private struct Published: Decodable { let published: [String] }
    private struct Unpublished: Decodable { let unpublished: [String] }
}
