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
    let start: StreamStart
    let channel: AsyncThrowingChannel<[StreamItem], any Error>

    private var policy: ReconnectPolicy { client.configuration.reconnect }

    func run() async {
        var failures = 0
        var hasBeenOpen = false
        // A pause that the gateway asks for is valid until it asks for another one.
        var retry: Duration?
        var silentSince: Int64?
        var place = StreamPlace(start: start, began: .now)
        while !Task.isCancelled {
            let connection = StreamConnection(
                channel: channel, idleTimeout: policy.idleTimeout,
                server: client.configuration.server, silentSince: silentSince)
            var failure: DirectoryClientError?
            let sent = ContinuousClock.now
            do {
                let response = try await client.send(request(place, now: sent))
                if response.status == .noContent { return channel.finish() }
                try await connection.read(response)
            } catch {
                failure = client.clientError(error)
            }
            if Task.isCancelled { break }
            silentSince = connection.lastReceived ?? silentSince
            place.lastID = connection.lastID ?? place.lastID
            if connection.wasOpen {
                place.opened = place.opened ?? sent
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

    private func request(_ place: StreamPlace, now: ContinuousClock.Instant) -> ClientRequest {
        let from = place.next(now: now)
        var request = ClientRequest(.GET, "/events", query: filter.query + from.query)
        request.lastEventID = from.lastEventID
        request.accept = "text/event-stream"
        request.isStream = true
        return request
    }
}
