internal import Events
internal import GatewayGRPC
internal import HTTPTypes
internal import Logging
internal import Synchronization
internal import Text

/// Listens to the upstream's events for as long as the gateway runs, and passes them on. After a loss
/// it connects again, with pauses that grow, and tells that events may be missing.
final class UpstreamListener: Sendable {
    /// Where events go.
    struct Sinks: Sendable {
        /// Publishes events that the upstream has made. Returns when they are published.
        let relay: @Sendable ([Event]) async -> Void
        /// Tells subscribers that the upstream has dropped events for this gateway.
        let recordDrops: @Sendable (Int) -> Void
        /// Tells subscribers that events may be missing.
        let reset: @Sendable () async -> Void
    }

    private let channel: UpstreamChannel
    private let own: OwnEvents
    private let sinks: Sinks
    private let status: UpstreamStatus
    private let backoff: Backoff
    private let logger: Logger

    static let path = "/agntcy.dir.events.v1.EventService/Listen"

    /// Go's servers send no header before the first event: after this time, and after an answer to
    /// another question, the subscription counts as live.
    private static let headerTime: Duration = .milliseconds(500)

    init(
        _ channel: UpstreamChannel, own: OwnEvents, sinks: Sinks, status: UpstreamStatus,
        backoff: Backoff, logger: Logger
    ) {
        self.channel = channel
        self.own = own
        self.sinks = sinks
        self.status = status
        self.backoff = backoff
        self.logger = logger
    }

    /// Listens until the task is cancelled.
    /// - Parameter onFirst: called once, when the first attempt has come to something.
    func run(onFirst: @escaping @Sendable () -> Void) async {
        var failures = 0
        var recent = RecentIDs()
        var onFirst: (@Sendable () -> Void)? = onFirst
        while !Task.isCancelled {
            do throws(GRPCStatus) {
                let call = try await begin()
                await isLive(call)
                onFirst?()
                onFirst = nil
                try await pass(call, &recent) { failures = 0 }
                throw Self.ended
            } catch {
                guard !Task.isCancelled else { return }
                failures += 1
                isLost(error, failures)
                onFirst?()
                onFirst = nil
            }
            try? await Task.sleep(for: backoff.delay(after: failures))
        }
    }

    /// Connects, and subscribes to all events.
    private func begin() async throws(GRPCStatus) -> UpstreamCall {
        try await channel.open()
        // An empty request: no filter.
        let call = try await channel.call(
            Self.path, [[]], fields: GRPCHints.notices.fields, timeout: nil)
        do throws(GRPCStatus) {
            guard await channel.isAnswering() else {
                throw GRPCStatus(.unavailable, "the upstream does not respond")
            }
            try await waitForHeader(of: call)
            return call
        } catch {
            call.cancel()
            throw error
        }
    }

    private func waitForHeader(of call: UpstreamCall) async throws(GRPCStatus) {
        let deadline = ContinuousClock.now + Self.headerTime
        while call.fields == nil, !call.hasEnded, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(5))
        }
        guard let end = call.end else { return }
        throw end.code == .ok ? Self.ended : end
    }

    private static let ended = GRPCStatus(
        .unavailable, "the upstream has ended the stream of events")

    /// The subscription is live.
    private func isLive(_ call: UpstreamCall) async {
        await own.begin(announced: call.fields?.value(OwnEvents.announcement))
        status.update { figures in
            figures.fault = nil
            figures.connections += 1
        }
        // Also the first time: a client may have subscribed while the upstream could not be reached.
        await sinks.reset()
        logger.info("listening to the upstream")
    }

    private func isLost(_ error: GRPCStatus, _ failures: Int) {
        let reason = "\(error.message.clipped(to: 300)) (\(error.code))"
        status.update { $0.fault = reason }
        // Each attempt would fill the log while the upstream is down.
        if failures & (failures - 1) == 0 {
            logger.warning(
                "the upstream's events do not arrive",
                metadata: ["reason": "\(reason)", "attempts": "\(failures)"])
        }
    }

    /// Passes on what arrives, until the stream ends.
    /// - Parameter hasArrived: called when something has: the upstream works. One that ends each stream
    ///   at once is asked less and less often.
    private func pass(
        _ call: UpstreamCall, _ recent: inout RecentIDs, hasArrived: () -> Void
    ) async throws(GRPCStatus) {
        while let messages = try await call.next() {
            hasArrived()
            var events: [Event] = []
            for message in messages {
                switch ListenMessage.read(message) {
                case .event(let event):
                    if recent.insert(event.id) { events.append(event) }
                case .dropped(let count):
                    await publish(&events)
                    sinks.recordDrops(count)
                case .reset:
                    await publish(&events)
                    await sinks.reset()
                case .refused(let reason): refuse(reason)
                }
            }
            await publish(&events)
        }
    }

    private func publish(_ events: inout [Event]) async {
        guard !events.isEmpty else { return }
        let types = Set(events.lazy.map(\.type)).intersection(OwnEvents.types)
        if !types.isEmpty { await own.arrived(types) }
        await sinks.relay(events)
        let count = events.count
        status.update { $0.events += count }
        events = []
    }

    private func refuse(_ reason: String) {
        let count = status.figures.refused + 1
        status.update { $0.refused = count }
        if count & (count - 1) == 0 {
            logger.warning(
                "the upstream has sent what cannot be passed on",
                metadata: ["reason": "\(reason)", "so_far": "\(count)"])
        }
    }
}
