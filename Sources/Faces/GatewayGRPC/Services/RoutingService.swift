internal import Directory
internal import DirectoryMessages
internal import SwiftProtobuf
internal import Text

extension GRPCMethods {
    private static let routingService = "agntcy.dir.routing.v1.RoutingService"

    /// `agntcy.dir.routing.v1.RoutingService`
    static func routing(_ operations: Operations) -> [GRPCMethod] {
        [
            .unary(routingService, "Publish", scope: .recordsWrite) {
                (request: Agntcy_Dir_Routing_V1_PublishRequest) in
                try await publish(request, operations)
                return Google_Protobuf_Empty()
            },
            .unary(routingService, "Unpublish", scope: .recordsWrite) {
                (request: Agntcy_Dir_Routing_V1_UnpublishRequest) in
                guard case .recordRefs(let refs) = request.request else {
                    throw GRPCStatus(.invalidArgument, "unpublish needs record_refs")
                }
                for ref in refs.refs { try checkGiven(ref.cid) }
                do throws(DirectoryError) {
                    _ = try await operations.unpublish(refs.refs.map(\.cid))
                } catch {
                    throw GRPCStatus(error).prefixed("failed to unpublish")
                }
                return Google_Protobuf_Empty()
            },
            // Only other Directories are searched, and a gateway knows none.
            .serverStream(routingService, "Search", scope: .recordsRead) {
                (_: Agntcy_Dir_Routing_V1_SearchRequest, _: GRPCCall) in
            },
            .serverStream(routingService, "List", scope: .recordsRead) {
                (request: Agntcy_Dir_Routing_V1_ListRequest, call: GRPCCall) in
                var search = RecordSearch()
                search.isPublished = true
                search.conditions = request.queries.map { .init([test($0)]) }
                var window = Window(limit: request.limit)
                try await find(search, operations) { page in
                    for item in window.take(page) { try await call.send(reply(item)) }
                    return window.isFull
                }
            },
        ]
    }

    private static func reply(_ item: RecordSearchPage.Item) -> Agntcy_Dir_Routing_V1_ListResponse {
        .with { reply in
            reply.recordRef.cid = item.cid
            reply.labels = item.labels
        }
    }

    /// Returns the test of a query. A skill, domain or module matches whole parts of the label's path.
    private static func test(_ query: Agntcy_Dir_Routing_V1_RecordQuery) -> RecordTest {
        switch query.type {
        case .skill: .label("/skills/\(query.value)", isWhole: false)
        case .domain: .label("/domains/\(query.value)", isWhole: false)
        case .module: .label("/modules/\(query.value)", isWhole: false)
        case .locator: .label("/locators/\(query.value)", isWhole: true)
        case .unspecified, .UNRECOGNIZED: .always
        }
    }

    /// The most records in one publication by a search, which is one operation.
    private static let publishBatch = 10_000

    /// Publishes what a request selects.
    static func publish(
        _ request: Agntcy_Dir_Routing_V1_PublishRequest, _ operations: Operations
    ) async throws {
        switch request.request {
        case .recordRefs(let refs):
            guard !refs.refs.isEmpty else { throw emptySelection }
            for ref in refs.refs { try checkGiven(ref.cid) }
            _ = try await operations.publish(.cids(refs.refs.map(\.cid)))
        case .allRecords(let all):
            guard all else { throw emptySelection }
            _ = try await operations.publish(.all)
        case .queries(let queries):
            guard !queries.queries.isEmpty else { throw emptySelection }
            // Found first, because publishing changes nothing that is searched.
            var cids: [String] = []
            try await find(try RecordSearch(queries.queries), operations) { page in
                cids += page.map(\.cid)
                return false
            }
            for start in stride(from: 0, to: cids.count, by: publishBatch) {
                let end = min(start + publishBatch, cids.count)
                _ = try await operations.publish(.cids(Array(cids[start..<end])))
            }
        case nil: throw emptySelection
        }
    }

    private static let emptySelection = GRPCStatus(
        .invalidArgument, "a publication needs record_refs, queries or all_records")
}
