internal import AsyncAlgorithms
internal import AsyncHTTPClient
internal import Events
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// One connection of a stream, from its first byte to its last.
final class StreamConnection: Sendable {
    private struct State {
        var wasOpen = false
        /// Whether the gateway had no room for us.
        var isRefused = false
        var retry: Int?
        var farewell: String?
        /// Since when the next byte is waited for; nil while somebody reads what came.
        var waitingSince: ContinuousClock.Instant?
    }

    private let channel: AsyncThrowingChannel<[StreamItem], any Error>
    private let idleTimeout: Duration
    private let server: ServerAddress
    private let state = Mutex(State())

    init(
        channel: AsyncThrowingChannel<[StreamItem], any Error>, idleTimeout: Duration,
        server: ServerAddress
    ) {
        self.channel = channel
        self.idleTimeout = idleTimeout
        self.server = server
    }

    /// Whether the subscription was live.
    var wasOpen: Bool { state.withLock { $0.wasOpen } }
    /// When the gateway wants us back.
    var retry: Duration? { state.withLock { $0.retry.map { .milliseconds($0) } } }
    /// Why the gateway ended the stream, if it has said so.
    var farewell: String? { state.withLock { $0.farewell } }

    /// Reads up to the end.
    func read(_ response: HTTPClientResponse) async throws {
        let type = response.headers.first(name: "Content-Type") ?? ""
        guard response.status == .ok, type.lowercased().hasPrefix("text/event-stream") else {
            throw DirectoryClientError.notAGateway(
                server, reason: "it answered \(response.status.code) \(type)")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.pump(response.body) }
            group.addTask { try await self.watch() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func pump(_ body: HTTPClientResponse.Body) async throws {
        var decoder = EventStreamDecoder()
        wait()
        for try await buffer in body {
            state.withLock { $0.waitingSince = nil }
            let items = try decoder.decode(Array(buffer.readableBytesView)).compactMap(item)
            state.withLock { $0.retry = decoder.retry ?? $0.retry }
            let isFirst = state.withLock { state in
                let isFirst = !state.wasOpen && !state.isRefused
                state.wasOpen = state.wasOpen || isFirst
                return isFirst
            }
            let all = isFirst ? [.connected] + items : items
            if !all.isEmpty { await channel.send(all) }
            wait()
        }
    }

    private func wait() { state.withLock { $0.waitingSince = .now } }

    /// Ends the connection when nothing has come for too long: there is no other sign that the other
    /// side is gone.
    private func watch() async throws {
        while true {
            let since = state.withLock { $0.waitingSince }
            try await Task.sleep(until: (since ?? .now) + idleTimeout, clock: .continuous)
            if since != nil, state.withLock({ $0.waitingSince }) == since {
                throw DirectoryClientError.unreachable(
                    server, reason: "nothing was heard for \(idleTimeout.components.seconds) s")
            }
        }
    }

    private func item(_ event: ServerSentEvent) -> StreamItem? {
        switch event.type {
        case "dropped": return words(event)?.dropped.map { .dropped($0) }
        case "goodbye":
            state.withLock { $0.farewell = "the gateway is going down" }
            return nil
        case "retry-later":
            let reason = words(event)?.reason ?? "no room"
            state.withLock {
                $0.farewell = "the gateway has no room: \(reason)"
                $0.isRefused = true
            }
            return nil
        default:
            return .event(ReceivedEvent(id: event.id, type: event.type, json: event.data))
        }
    }

    private struct Words: Decodable {
        let dropped: Int?
        let reason: String?
    }

    private func words(_ event: ServerSentEvent) -> Words? {
        try? JSONDecoder().decode(Words.self, from: Data(event.data))
    }
}
