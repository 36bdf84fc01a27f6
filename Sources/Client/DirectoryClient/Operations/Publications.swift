internal import FoundationEssentials

extension DirectoryClient {
    /// The records to publish.
    public enum Selection: Sendable, Equatable {
        /// The records with these cids.
        case cids([String])
        case all
        /// The records with a label that contains one of these texts.
        case labels([String])
    }

    /// Publishes records. Those that are named are all published, or none when one is not stored.
    /// - Returns: the cids.
    /// - Throws: `DirectoryClientError`.
    public func publish(_ selection: Selection) async throws(DirectoryClientError) -> [String] {
        let body: SelectionBody =
            switch selection {
            case .cids(let cids): SelectionBody(cids: cids)
            case .all: SelectionBody(all: true)
            case .labels(let labels): SelectionBody(labels: labels)
            }
        return try await decode(Published.self, ClientRequest("/publish", body)).published
    }

    /// Withdraws the publication of records: of all of them, or of none when one is not stored.
    /// - Returns: the cids.
    /// - Throws: `DirectoryClientError`.
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
