internal import DirectoryMessages
internal import SwiftProtobuf
internal import Text

extension GRPCMethods {
    static let healthService = "grpc.health.v1.Health"

    /// `grpc.health.v1.Health`
    /// - Parameters:
    ///   - names: the services whose health can be asked for, besides that of the whole server.
    ///   - isReady: whether the gateway can serve requests.
    static func health(_ names: [String], isReady: @escaping @Sendable () async -> Bool)
        -> [GRPCMethod]
    {
        [
            .unary(healthService, "Check", scope: .none, admission: .vital) {
                (request: Grpc_Health_V1_HealthCheckRequest) in
                guard isKnown(request.service, names) else {
                    throw GRPCStatus(.notFound, "unknown service")
                }
                return reply(await isReady() ? .serving : .notServing)
            },
            .serverStream(healthService, "Watch", scope: .none, admission: .stream) {
                (request: Grpc_Health_V1_HealthCheckRequest, call: GRPCCall) in
                try call.host.admitStream(call.peer)
                defer { call.host.releaseStream(call.peer) }
                let isService = isKnown(request.service, names)
                try await watch(call) {
                    guard isService else { return .serviceUnknown }
                    return await isReady() ? .serving : .notServing
                }
            },
        ]
    }

    private static func isKnown(_ name: String, _ names: [String]) -> Bool {
        name.utf8.isEmpty || names.contains(bytesOf: name)
    }

    /// Sends the status at once, and whenever it has changed, until the client leaves or the gateway
    /// shuts down.
    private static func watch(
        _ call: GRPCCall,
        _ status: () async -> Grpc_Health_V1_HealthCheckResponse.ServingStatus
    ) async throws {
        var last: Grpc_Health_V1_HealthCheckResponse.ServingStatus?
        while true {
            let current = await status()
            if current != last { try await call.send(reply(current)) }
            last = current
            if call.host.isDraining {
                throw GRPCStatus.shutdown
            }
            // Ends early when the client leaves.
            try? await Task.sleep(for: watchInterval)
            if Task.isCancelled { throw GRPCStatus(.cancelled, "the client has left") }
        }
    }

    /// How often a watched status is looked at.
    private static let watchInterval: Duration = .milliseconds(500)

    private static func reply(_ status: Grpc_Health_V1_HealthCheckResponse.ServingStatus)
        -> Grpc_Health_V1_HealthCheckResponse
    {
        .with { $0.status = status }
    }
}
