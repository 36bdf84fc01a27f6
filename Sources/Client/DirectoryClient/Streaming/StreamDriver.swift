internal import AsyncAlgorithms
internal import AsyncHTTPClient
internal import Events
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1

/// Keeps a stream open: connects, reads, and reconnects.
struct StreamDriver: Sendable {
    let client: DirectoryClient
    let filter: EventFilter
    let channel: AsyncThrowingChannel<[StreamItem], any Error>

    private var policy: ReconnectPolicy { client.configuration.reconnect }

    func run() async {
        var failures = 0
        var hasBeenOpen = false
        // A pause that the gateway asks for is valid until it asks for another one.
        var retry: Duration?
        var silentSince: Int64?
        while !Task.isCancelled {
            let connection = StreamConnection(
                channel: channel, idleTimeout: policy.idleTimeout,
                server: client.configuration.server, silentSince: silentSince)
            var failure: DirectoryClientError?
            do {
                let response = try await client.send(request)
                if response.status == .noContent { return channel.finish() }
                try await connection.read(response)
            } catch {
                failure = client.clientError(error)
            }
            if Task.isCancelled { break }
            silentSince = connection.lastReceived ?? silentSince
            if connection.wasOpen {
                (failures, hasBeenOpen) = (0, true)
                // The connection was open, so the server is a gateway.
                if let fault = failure, !fault.isTransient {
                    failure = .unreachable(
                        client.configuration.server, reason: "the stream was interrupted")
                }
            }
            failures += 1
            if let failure, !failure.isTransient || !(hasBeenOpen || policy.retriesFirstConnection)
            {
                return channel.fail(failure)
            }
            let reason = connection.farewell ?? failure.map(Self.reason) ?? "the stream ended"
            retry = connection.retry ?? retry
            var retryAfter = retry
            if case .refused(let problem) = failure {
                retryAfter = problem.retryAfter ?? retryAfter
            }
            let delay = policy.delay(failures: failures, retryAfter: retryAfter)
            await channel.send([.reconnecting(after: delay, reason: reason)])
            try? await policy.pause(delay)
        }
        channel.finish()
    }

    private static func reason(_ error: DirectoryClientError) -> String {
        switch error {
        case .unreachable(_, let reason): reason
        case .timedOut: "no response in time"
        default: error.description
        }
    }

    private var request: ClientRequest {
        var query: [(String, String)] = []
        // Each item is a parameter of its own. The gateway splits an item that has a comma.
        for type in filter.types?.types ?? [] { query.append(("types", type.shortName)) }
        for label in filter.labels { query.append(("labels", label)) }
        for cid in filter.cids { query.append(("cids", cid)) }
        var request = ClientRequest(.GET, "/events", query: query)
        request.accept = "text/event-stream"
        request.isStream = true
        return request
    }
}
