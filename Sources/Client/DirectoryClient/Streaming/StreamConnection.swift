internal import AsyncAlgorithms
internal import AsyncHTTPClient
internal import Events
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization
internal import Text

/// One connection of a stream.
final class StreamConnection: Sendable {
    private struct State {
        var wasOpen = false
        /// Whether the gateway had no room for this client.
        var isRefused = false
        var retry: Duration?
        var farewell: String?
        /// The start of the wait for the next byte; nil while the received bytes are being read.
        var waitingSince: ContinuousClock.Instant?
        /// When the last bytes arrived, microseconds since 1970.
        var lastReceived: Int64?
        /// The id of the last event.
        var lastID: String?
    }

    private let channel: AsyncThrowingChannel<[StreamItem], any Error>
    /// Nil uses the heartbeat interval of the gateway.
    private let idleTimeout: Duration?
    private let server: ServerAddress
    /// When the last bytes arrived on the previous connection; nil on the first connection.
    private let silentSince: Int64?
    private let state = Mutex(State())

    init(
        channel: AsyncThrowingChannel<[StreamItem], any Error>, idleTimeout: Duration?,
        server: ServerAddress, silentSince: Int64?
    ) {
        self.channel = channel
        self.idleTimeout = idleTimeout
        self.server = server
        self.silentSince = silentSince
    }

    /// The id of the last event on this connection.
    var lastID: String? { state.withLock { $0.lastID } }
    /// Whether the subscription was live.
    var wasOpen: Bool { state.withLock { $0.wasOpen } }
    /// The pause that the gateway asks for.
    var retry: Duration? { state.withLock { $0.retry } }
    /// When the last bytes of a live subscription arrived.
    var lastReceived: Int64? { state.withLock { $0.wasOpen ? $0.lastReceived : nil } }
    /// Why the gateway ended the stream, if it has sent a reason.
    var farewell: String? { state.withLock { $0.farewell } }

    /// Reads the stream to its end.
    func read(_ response: HTTPClientResponse) async throws {
        let type = response.headers.first(name: "Content-Type") ?? ""
        guard response.status == .ok, type.isMediaType("text/event-stream") else {
            throw DirectoryClientError.notAGateway(
                server, reason: "it responded with \(response.status.code) \(type)")
        }
        let idle =
            idleTimeout
            ?? HeaderNumber.idleTimeout(
                response.headers.first(name: "Directory-Heartbeat-Interval"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.receive(response.body) }
            group.addTask { try await self.watch(idle) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func receive(_ body: HTTPClientResponse.Body) async throws {
        var decoder = EventStreamDecoder()
        // The silence before this connection, until an event or a reset says whether it was a gap.
        var gap: (from: Int64, to: Int64)?
        wait()
        for try await buffer in body {
            let now = Int64(Date().timeIntervalSince1970 * 1e6)
            state.withLock { $0.waitingSince = nil }
            let events = try decoder.decode(Array(buffer.readableBytesView))
            state.withLock { state in
                state.retry = decoder.retry.map(HeaderNumber.retry) ?? state.retry
                state.lastReceived = now
                if !state.wasOpen { gap = silentSince.map { ($0, max($0, now)) } }
            }
            var items: [StreamItem] = []
            var lastID: String?
            for event in events {
                add(event, to: &items, &gap)
                if case .event = items.last, !event.id.utf8.isEmpty { lastID = event.id }
            }
            if let last = lastID, !StreamStart.isSendable(last) { lastID = nil }
            let isFirst = state.withLock { state in
                state.lastID = lastID ?? state.lastID
                let isFirst = !state.wasOpen && !state.isRefused
                state.wasOpen = state.wasOpen || isFirst
                return isFirst
            }
            let all = (isFirst ? [.connected] : []) + items
            if !all.isEmpty { await channel.send(all) }
            wait()
        }
    }

    private func wait() { state.withLock { $0.waitingSince = .now } }

    /// Ends the connection after a too long silence: there is no other sign that the gateway has
    /// vanished.
    private func watch(_ idleTimeout: Duration) async throws {
        while true {
            let since = state.withLock { $0.waitingSince }
            try await Task.sleep(until: (since ?? .now) + idleTimeout, clock: .continuous)
            if since != nil, state.withLock({ $0.waitingSince }) == since {
                throw DirectoryClientError.unreachable(
                    server, reason: "nothing was received for \(idleTimeout.components.seconds) s")
            }
        }
    }

    /// Adds what an event of the protocol means.
    /// - Parameter gap: the silence before this connection; an event, or the reset that reports it,
    ///   removes it.
    private func add(
        _ event: ServerSentEvent, to items: inout [StreamItem],
        _ gap: inout (from: Int64, to: Int64)?
    ) {
        if event.type.hasBytes(of: "dropped") {
            if let count = notice(event)?.dropped { items.append(.dropped(count)) }
        } else if event.type.hasBytes(of: "reset") {
            if let gap { items.append(.gap(from: gap.from, to: gap.to)) }
            gap = nil
            let notice = notice(event)
            items.append(
                .reset(
                    StreamReset(cause: notice?.cause ?? "unknown", oldestID: notice?.oldestID)))
        } else if event.type.hasBytes(of: "goodbye") {
            let reason = notice(event)?.reason
            state.withLock {
                $0.farewell =
                    reason.map { "the gateway ended the stream: \($0)" }
                    ?? "the gateway is shutting down"
            }
        } else if event.type.hasBytes(of: "retry-later") {
            let reason = notice(event)?.reason ?? "no room"
            state.withLock {
                $0.farewell = "the gateway has no room: \(reason)"
                $0.isRefused = true
            }
        } else {
            // The events since the last one are repeated: nothing is missing.
            gap = nil
            items.append(
                .event(ReceivedEvent(id: event.id, type: event.type, json: event.data)))
        }
    }

    private struct Notice: Decodable {
        /// From 1 to 2^53.
        let dropped: Int?
        let reason: String?
        let cause: String?
        let oldestID: String?

        private enum CodingKeys: String, CodingKey {
            case dropped, reason, cause
            case oldestID = "oldest_id"
        }

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            // A number that is too large for an integer is a drop too.
            let number = try? members.decode(Double.self, forKey: .dropped)
            dropped = number.flatMap { $0 >= 1 ? Int(min($0, 0x1p53)) : nil }
            reason = try? members.decode(String.self, forKey: .reason)
            cause = try? members.decode(String.self, forKey: .cause)
            oldestID = try? members.decode(String.self, forKey: .oldestID)
        }
    }

    private func notice(_ event: ServerSentEvent) -> Notice? {
        try? ServerJSON.decode(Notice.self, from: Data(event.data))
    }
}
