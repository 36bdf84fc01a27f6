internal import Directory
internal import DirectoryMessages
internal import FoundationEssentials
internal import SwiftProtobuf
internal import Text

extension GRPCMethods {
    private static let publicationService = "agntcy.dir.routing.v1.PublicationService"

    /// `agntcy.dir.routing.v1.PublicationService`
    static func publications(_ operations: Operations) -> [GRPCMethod] {
        let jobs = PublicationJobs(now: operations.now)
        return [
            .unary(publicationService, "CreatePublication", scope: .recordsWrite) {
                (request: Agntcy_Dir_Routing_V1_PublishRequest) in
                let id = await jobs.begin()
                do {
                    try await publish(request, operations)
                    await jobs.end(id, .completed)
                } catch {
                    await jobs.end(id, .failed)
                    throw error
                }
                return Agntcy_Dir_Routing_V1_CreatePublicationResponse.with {
                    $0.publicationID = id
                }
            },
            .unary(publicationService, "GetPublication", scope: .recordsRead) {
                (request: Agntcy_Dir_Routing_V1_GetPublicationRequest) in
                guard let job = await jobs.job(request.publicationID) else {
                    throw GRPCStatus(
                        .notFound,
                        "there is no publication \(request.publicationID.clipped(to: 64)): record not found"
                    )
                }
                return Agntcy_Dir_Routing_V1_GetPublicationResponse.with { response in
                    response.publicationID = job.id
                    response.status = job.status
                    response.createdTime = Timestamp.format(job.createdAt)
                    response.lastUpdateTime = Timestamp.format(job.updatedAt)
                }
            },
            .serverStream(publicationService, "ListPublications", scope: .recordsRead) {
                (request: Agntcy_Dir_Routing_V1_ListPublicationsRequest, call: GRPCCall) in
                var window = Window(limit: request.limit, offset: request.offset)
                for job in window.take(await jobs.all) {
                    try await call.send(
                        Agntcy_Dir_Routing_V1_ListPublicationsItem.with { item in
                            item.publicationID = job.id
                            item.status = job.status
                            item.createdTime = Timestamp.format(job.createdAt)
                            item.lastUpdateTime = Timestamp.format(job.updatedAt)
                        })
                }
            },
        ]
    }
}

/// The publications of clients of gRPC, the last thousand of this process. Upstream makes them later and
/// remembers them for ever; here they are made at once, and what is remembered is how they ended.
private actor PublicationJobs {
    struct Job: Sendable {
        let id: String
        var status: Agntcy_Dir_Routing_V1_PublicationStatus
        /// Microseconds since 1970.
        let createdAt: Int64
        var updatedAt: Int64
    }

    private static let limit = 1000
    private let now: @Sendable () -> Int64
    private(set) var all: [Job] = []

    init(now: @escaping @Sendable () -> Int64) { self.now = now }

    /// Begins a publication.
    /// - Returns: its id.
    func begin() -> String {
        let time = now()
        let id = UUID().uuidString.lowercasedASCII
        if all.count == Self.limit { all.removeFirst() }
        all.append(Job(id: id, status: .inProgress, createdAt: time, updatedAt: time))
        return id
    }

    /// Records how a publication has ended.
    func end(_ id: String, _ status: Agntcy_Dir_Routing_V1_PublicationStatus) {
        guard let index = all.lastIndex(where: { $0.id.hasBytes(of: id) }) else { return }
        all[index].status = status
        all[index].updatedAt = now()
    }

    /// Returns a publication; nil when there is none with this id.
    func job(_ id: String) -> Job? { all.first { $0.id.hasBytes(of: id) } }
}
