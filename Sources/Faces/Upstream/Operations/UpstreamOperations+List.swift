internal import Directory
internal import DirectoryMessages
internal import GatewayGRPC
internal import SwiftProtobuf
internal import Text

extension UpstreamOperations {
    static func query(_ type: Agntcy_Dir_Search_V1_RecordQueryType, _ value: String)
        -> Agntcy_Dir_Search_V1_RecordQuery
    {
        .with { query in
            query.type = type
            query.value = value
        }
    }

    /// Searches records.
    /// - Parameter limit: 0 for all.
    func searchCIDs(_ queries: [Agntcy_Dir_Search_V1_RecordQuery], limit: Int, offset: Int)
        async throws(DirectoryError) -> [String]
    {
        let request = Agntcy_Dir_Search_V1_SearchCIDsRequest.with { request in
            request.queries = queries
            if limit > 0 { request.limit = UInt32(clamping: limit) }
            if offset > 0 { request.offset = UInt32(clamping: offset) }
        }
        do throws(GRPCStatus) {
            return try await caller.list(
                Self.search, "SearchCIDs", [request],
                as: Agntcy_Dir_Search_V1_SearchCIDsResponse.self
            ).map(\.recordCid)
        } catch {
            throw DirectoryError(error)
        }
    }

    /// Returns a page of records. Names and versions are searched as here; of labels only the start, and
    /// those of one kind at a time. A page of published records comes from the routing service, which
    /// tells their labels.
    func list(_ listing: RecordListing) async throws(DirectoryError) -> RecordPage {
        let offset = try Self.offset(listing.after)
        guard listing.words.isEmpty else {
            throw .upstreamUnsupported("the upstream cannot search by words")
        }
        let labels = try listing.labels.map { label throws(DirectoryError) in
            try LabelQuery(label)
        }
        guard Set(labels.map(\.kind)).count <= 1 else {
            throw .upstreamUnsupported(
                "the upstream cannot search for labels of several kinds at once")
        }
        var found: [(cid: String, labels: [String]?)]
        switch listing.published {
        case false:
            throw .upstreamUnsupported(
                "the upstream cannot list the records that are not published")
        case true:
            guard listing.names.isEmpty, listing.versions.isEmpty else {
                throw .upstreamUnsupported(
                    "the upstream cannot search for names among the published records")
            }
            found = try await published(labels, offset: offset, limit: listing.limit + 1)
        default:
            let queries =
                labels.flatMap(\.search) + listing.names.map { Self.query(.name, $0) }
                + listing.versions.map { Self.query(.version, $0) }
            found = try await searchCIDs(queries, limit: listing.limit + 1, offset: offset)
                .map { ($0, nil) }
        }
        let hasMore = found.count > listing.limit
        found = Array(found.prefix(listing.limit))
        let isPublished = listing.published == true ? true : nil
        var items: [RecordPage.Item] = []
        for (entry, meta) in zip(found, try await metas(of: found.map(\.cid))) {
            guard let meta else { continue }
            items.append(Self.item(meta, entry, isPublished))
        }
        return RecordPage(
            items: items, next: hasMore ? Self.cursor(offset + listing.limit) : nil)
    }

    private static func item(
        _ meta: RecordMetaMessage, _ entry: (cid: String, labels: [String]?),
        _ isPublished: Bool?
    ) -> RecordPage.Item {
        RecordPage.Item(
            cid: entry.cid, name: meta.name,
            version: meta.version, schemaVersion: meta.schemaVersion,
            createdAt: meta.createdAt, pushedAt: nil, size: meta.details?.size,
            isPublished: isPublished ?? meta.details?.isPublished,
            labels: entry.labels ?? meta.details?.labels, signatures: meta.details?.signatures)
    }

    /// Returns what is known of records, nil for those that were deleted meanwhile.
    private func metas(of cids: [String]) async throws(DirectoryError)
        -> [RecordMetaMessage?]
    {
        do throws(DirectoryError) { return try await lookup(cids) } catch {
            guard case .notFound = error else { throw error }
        }
        var list: [RecordMetaMessage?] = []
        for cid in cids {
            do throws(DirectoryError) { list.append(try await lookup([cid]).first) } catch {
                guard case .notFound = error else { throw error }
                list.append(nil)
            }
        }
        return list
    }

    /// Returns a part of the published records. The upstream has no offset: what is before it is skipped
    /// here.
    private func published(_ labels: [LabelQuery], offset: Int, limit: Int)
        async throws(DirectoryError) -> [(cid: String, labels: [String]?)]
    {
        guard labels.count <= 1 else {
            throw .upstreamUnsupported(
                "the upstream cannot search for several labels among the published records")
        }
        let request = Agntcy_Dir_Routing_V1_ListRequest.with { request in
            request.queries = labels.map(\.routing)
            request.limit = UInt32(clamping: offset + limit)
        }
        do throws(GRPCStatus) {
            return try await caller.list(
                Self.routing, "List", [request], as: Agntcy_Dir_Routing_V1_ListResponse.self
            ).dropFirst(offset).map { ($0.recordRef.cid, $0.labels) }
        } catch {
            throw DirectoryError(error)
        }
    }

    // MARK: Cursors

    private static let mark = "u-"

    /// The cursor of a page: how many items are before it.
    static func cursor(_ offset: Int) -> String { mark + String(offset, radix: 36) }

    /// Reads a cursor.
    static func offset(_ cursor: String?) throws(DirectoryError) -> Int {
        guard let cursor else { return 0 }
        guard cursor.hasBytePrefix(mark), cursor.utf8.count <= 10,
            let offset = Int(String(Substring(cursor.utf8.dropFirst(mark.utf8.count))), radix: 36),
            (0...Int(Int32.max)).contains(offset)
        else { throw .invalid("after is not a cursor of this listing") }
        return offset
    }
}

/// The start of a label, as a query of the upstream.
struct LabelQuery {
    /// The namespaces of labels.
    enum Kind: CaseIterable { case skill, domain, module, locator }

    let kind: Kind
    /// What follows the namespace.
    private let value: String

    /// Reads the text to search for.
    /// - Throws: `DirectoryError.upstreamUnsupported` when it is not the start of a label.
    init(_ label: String) throws(DirectoryError) {
        let prefixes: [(Kind, String)] = [
            (.skill, "/skills/"), (.domain, "/domains/"), (.module, "/modules/"),
            (.locator, "/locators/"),
        ]
        guard let (kind, prefix) = prefixes.first(where: { label.hasBytePrefix($0.1) }) else {
            throw .upstreamUnsupported(
                "the upstream finds labels by their start: give it with its namespace, such as /skills/AI"
            )
        }
        self.kind = kind
        value = String(Substring(label.utf8.dropFirst(prefix.utf8.count)))
    }

    /// For the search service, which has wildcards.
    var search: [Agntcy_Dir_Search_V1_RecordQuery] {
        let type: Agntcy_Dir_Search_V1_RecordQueryType =
            switch kind {
            case .skill: .skillName
            case .domain: .domainName
            case .module: .moduleName
            case .locator: .locator
            }
        return [UpstreamOperations.query(type, value + "*")]
    }

    /// For the routing service, which compares whole parts of a label.
    var routing: Agntcy_Dir_Routing_V1_RecordQuery {
        .with { query in
            query.type =
                switch kind {
                case .skill: .skill
                case .domain: .domain
                case .module: .module
                case .locator: .locator
                }
            query.value = value
        }
    }
}
