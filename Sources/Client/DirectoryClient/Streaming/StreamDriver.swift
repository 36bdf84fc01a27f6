internal import AsyncAlgorithms
internal import AsyncHTTPClient
internal import Events
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1

/// Keeps a stream open: connects, reads, and after a break tries again.
struct StreamDriver: Sendable {
    let client: DirectoryClient
    let filter: EventFilter
    let channel: AsyncThrowingChannel<[StreamItem], any Error>

    private var policy: ReconnectPolicy { client.configuration.reconnect }

    func run() async {
        var failures = 0
        var hasBeenOpen = false
        // What the gateway has asked for holds until it asks for something else.
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
            silentSince = connection.lastHeard ?? silentSince
            if connection.wasOpen {
                (failures, hasBeenOpen) = (0, true)
                // Whatever it looks like, it was a gateway.
                if let fault = failure, !fault.isTransient {
                    failure = .unreachable(
                        client.configuration.server, reason: "the stream was broken")
                }
            }
            failures += 1
            if let failure, !failure.isTransient || !(hasBeenOpen || policy.retriesFirstConnection)
            {
                return channel.fail(failure)
            }
            let reason = connection.farewell ?? failure.map(Self.reason) ?? "the stream ended"
            retry = connection.retry ?? retry
            var asked = retry
            if case .refused(let problem) = failure { asked = problem.retryAfter ?? asked }
            let delay = policy.delay(failures: failures, asked: asked)
            await channel.send([.reconnecting(after: delay, reason: reason)])
            try? await policy.pause(delay)
        }
        channel.finish()
    }

    private static func reason(_ error: DirectoryClientError) -> String {
        switch error {
        case .unreachable(_, let reason): reason
        case .timedOut: "no answer in time"
        default: error.description
        }
    }

    private var request: ClientRequest {
        var query: [(String, String)] = []
        // An item may hold a comma only if each is a parameter of its own, and then it is split.
        for type in filter.types?.types ?? [] { query.append(("types", type.shortName)) }
        for label in filter.labels { query.append(("labels", label)) }
        for cid in filter.cids { query.append(("cids", cid)) }
        var request = ClientRequest(.GET, "/events", query: query)
        request.accept = "text/event-stream"
        request.isStream = true
        return request
    }
}
