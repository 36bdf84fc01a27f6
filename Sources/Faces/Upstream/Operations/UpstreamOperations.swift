internal import Directory
internal import DirectoryMessages
internal import GatewayGRPC
internal import SwiftProtobuf
internal import Text

/// The operations of a Directory that has the records, over gRPC. What is in its own interface is done as
/// it says; what HTTP promises beyond that is put together from several calls, or refused.
struct UpstreamOperations: DirectoryOperations {
    let caller: UpstreamCaller
    /// The gateway's own signing key.
    let local: Operations

    static let store = "agntcy.dir.store.v1.StoreService"
    static let sync = "agntcy.dir.store.v1.SyncService"
    static let routing = "agntcy.dir.routing.v1.RoutingService"
    static let search = "agntcy.dir.search.v1.SearchService"

    typealias Ref = Agntcy_Dir_Core_V1_RecordRef

    static func ref(_ cid: String) -> Ref { .with { $0.cid = cid } }

    /// Checks that records are stored.
    /// - Throws: `DirectoryError.notFound` for the first that is not.
    func checkStored(_ cids: [String]) async throws(DirectoryError) {
        _ = try await lookup(cids)
    }

    /// Returns what the upstream tells of records without their content, in their order.
    /// - Throws: `DirectoryError.notFound` for the first that is not stored.
    func lookup(_ cids: [String]) async throws(DirectoryError) -> [RecordMetaMessage] {
        guard !cids.isEmpty else { return [] }
        try Operations.check(cids: cids)
        let replies: [[UInt8]]
        do throws(GRPCStatus) {
            replies = try await caller.all(
                Self.store, "Lookup", cids.map { Wire.field(1, $0) }, hints: .details)
        } catch {
            throw DirectoryError(error, cids: Self.missing(in: error, of: cids))
        }
        let found: [RecordMetaMessage]
        do { found = try replies.map(RecordMetaMessage.init) } catch {
            throw .upstreamFailed("the upstream has sent a message that is not protobuf")
        }
        guard found.count == cids.count else {
            throw .upstreamFailed(
                "the upstream has answered for \(found.count) of \(cids.count) records")
        }
        return found
    }

    /// The records that a status says are not stored: those that it names.
    private static func missing(in status: GRPCStatus, of cids: [String]) -> [String] {
        let named = cids.filter { ByteSearch($0).occurs(in: status.message) }
        return named.isEmpty ? cids : named
    }

    /// Returns whether a record is stored.
    func isStored(_ cid: String) async throws(DirectoryError) -> Bool {
        do throws(DirectoryError) {
            try await checkStored([cid])
            return true
        } catch {
            guard case .notFound = error else { throw error }
            return false
        }
    }

    func delete(_ cid: String) async throws(DirectoryError) {
        try Operations.check(cids: [cid])
        do throws(GRPCStatus) {
            _ = try await caller.one(
                Self.store, "Delete", Self.ref(cid), as: Google_Protobuf_Empty.self)
        } catch {
            throw DirectoryError(error, cids: [cid])
        }
    }

    /// The most CIDs in one operation.
    private static let cidLimit = 10_000

    func publish(_ selection: Operations.Selection) async throws(DirectoryError) -> [String] {
        switch selection {
        case .cids(let cids):
            try Self.check(count: cids)
            // The upstream takes any CID, and fails later.
            try await checkStored(cids)
            try await publish(cids)
            return cids
        case .all: return try await publishFound([[Self.query(.name, "*")]])
        case .labels(let labels):
            var searches: [[Agntcy_Dir_Search_V1_RecordQuery]] = []
            for label in labels { searches.append(try LabelQuery(label).search) }
            return try await publishFound(searches)
        }
    }

    /// Publishes the records that one of these searches finds.
    private func publishFound(_ searches: [[Agntcy_Dir_Search_V1_RecordQuery]])
        async throws(DirectoryError) -> [String]
    {
        var seen: Set<ExactString> = []
        var cids: [String] = []
        for queries in searches {
            for cid in try await searchCIDs(queries, limit: 0, offset: 0)
            where seen.insert(ExactString(cid)).inserted { cids.append(cid) }
        }
        for start in stride(from: 0, to: cids.count, by: Self.batch) {
            try await publish(Array(cids[start..<min(start + Self.batch, cids.count)]))
        }
        return cids
    }

    private static let batch = 1000

    private func publish(_ cids: [String]) async throws(DirectoryError) {
        guard !cids.isEmpty else { return }
        let request = Agntcy_Dir_Routing_V1_PublishRequest.with { request in
            request.recordRefs.refs = cids.map(Self.ref)
        }
        do throws(GRPCStatus) {
            _ = try await caller.one(
                Self.routing, "Publish", request, as: Google_Protobuf_Empty.self)
        } catch {
            throw DirectoryError(error, cids: Self.missing(in: error, of: cids))
        }
    }

    func unpublish(_ cids: [String]) async throws(DirectoryError) -> [String] {
        try Self.check(count: cids)
        var seen: Set<ExactString> = []
        let cids = cids.filter { seen.insert(ExactString($0)).inserted }
        guard !cids.isEmpty else { return [] }
        // The upstream stops at the first that is not stored; here all or none are withdrawn.
        try await checkStored(cids)
        let request = Agntcy_Dir_Routing_V1_UnpublishRequest.with { request in
            request.recordRefs.refs = cids.map(Self.ref)
        }
        do throws(GRPCStatus) {
            _ = try await caller.one(
                Self.routing, "Unpublish", request, as: Google_Protobuf_Empty.self)
        } catch {
            throw DirectoryError(error, cids: Self.missing(in: error, of: cids))
        }
        return cids
    }

    private static func check(count cids: [String]) throws(DirectoryError) {
        guard cids.count <= cidLimit else {
            throw .invalid(
                "\(cids.count) cids are too many: one request has \(cidLimit) at most; send several requests"
            )
        }
        try Operations.check(cids: cids)
    }
}
