import Directory
import Events
import Foundation
import Libevent
import Logging
import Outbound
import Synchronization
import Testing

@testable import Webhooks

/// A receiver for each host, without a network: what it responds is set by the test.
final class FakeTransport: MessageTransport {
    struct Sent: Sendable {
        let host: String
        let fields: [String: String]
        let body: String
    }

    private struct State {
        var sent: [Sent] = []
        var responses: [String: OutboundResult] = [:]
        var held: [String: [CheckedContinuation<Void, Never>]] = [:]
        var hanging: Set<String> = []
        var inFlight: [String: Int] = [:]
        var mostInFlight = 0
        var mostForOne = 0
    }

    private let state = Mutex(State())

    /// All messages so far.
    var sent: [Sent] { state.withLock(\.sent) }
    /// The most requests at a time: of all, and of one host.
    var most: (all: Int, one: Int) { state.withLock { ($0.mostInFlight, $0.mostForOne) } }

    /// Returns the ids of the messages to a host.
    func ids(_ host: String) -> [String] {
        sent.filter { $0.host == host }.map { $0.fields["webhook-id"] ?? "" }
    }

    /// Sets what a host responds from now on.
    func respond(_ host: String, _ result: OutboundResult) {
        state.withLock { $0.responses[host] = result }
    }

    /// Lets a host hang, or respond.
    func hang(_ host: String, _ isHanging: Bool) {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            if isHanging {
                state.hanging.insert(host)
                return []
            }
            state.hanging.remove(host)
            return state.held.removeValue(forKey: host) ?? []
        }
        for waiter in waiting { waiter.resume() }
    }

    /// Whether a request to a host, or the check of its address (`check:` and the host), hangs now.
    func isHeld(_ host: String) -> Bool { state.withLock { $0.held[host] != nil } }

    func check(_ url: OutboundURL) async throws(OutboundURLError) {
        let host = "check:\(URL(string: url.description)?.host() ?? "")"
        guard state.withLock({ $0.hanging.contains(host) }) else { return }
        await withCheckedContinuation { waiter in
            state.withLock { $0.held[host, default: []].append(waiter) }
        }
    }

    func send(_ message: OutboundMessage) async -> OutboundResult {
        let host = URL(string: message.url.description)?.host() ?? ""
        let hangs = state.withLock { state in
            state.sent.append(
                Sent(
                    host: host,
                    fields: Dictionary(message.fields.map { ($0.name, $0.value) }) { $1 },
                    body: String(decoding: message.body, as: UTF8.self)))
            state.inFlight[host, default: 0] += 1
            state.mostForOne = max(state.mostForOne, state.inFlight[host] ?? 0)
            state.mostInFlight = max(state.mostInFlight, state.inFlight.values.reduce(0, +))
            return state.hanging.contains(host)
        }
        if hangs {
            await withCheckedContinuation { waiter in
                state.withLock { $0.held[host, default: []].append(waiter) }
            }
        }
        return state.withLock { state in
            state.inFlight[host, default: 1] -= 1
            return state.responses[host]
                ?? .response(status: 204, retryAfter: nil, body: Array("ok".utf8))
        }
    }

    func close() async {
        let hosts = state.withLock { $0.hanging }
        for host in hosts { hang(host, false) }
    }
}

/// Clocks that the test sets.
final class FakeClock: Sendable {
    private let times = Mutex(
        (wall: Int64(1_760_000_000_000_000), monotonic: Duration.seconds(1000)))

    /// Both clocks go on.
    func advance(_ time: Duration) {
        times.withLock {
            $0.wall += Int64(time / .microseconds(1))
            $0.monotonic += time
        }
    }

    /// The wall clock steps.
    func step(_ time: Duration) { times.withLock { $0.wall += Int64(time / .microseconds(1)) } }

    var wall: Int64 { times.withLock(\.wall) }
    var clocks: WebhookClock {
        WebhookClock(
            wall: { self.times.withLock(\.wall) }, monotonic: { self.times.withLock(\.monotonic) })
    }
}

/// A store with webhooks, which can be started again.
final class Fixture {
    let path = NSTemporaryDirectory() + "webhooks-\(UUID().uuidString)"
    let clock = FakeClock()
    let transport = FakeTransport()
    let everyone = WebhookAccess(identity: "anonymous:anonymous", isRestricted: false)
    private(set) var store: Store
    private(set) var service: WebhookService
    private let sink = Sink()
    private var loop: EventLoop
    var options = WebhookOptions()
    private var number = 0

    final class Sink: EventSink {
        let service = Mutex<WebhookService?>(nil)
        func publish(_ events: [Event]) { service.withLock { $0 }?.eventsPublished() }
    }

    /// - Parameter isStarted: whether the service has read the store.
    init(isStarted: Bool = true, _ change: (inout WebhookOptions) -> Void = { _ in }) async throws {
        change(&options)
        let clock = clock
        store = try Store(path: path, events: sink, now: { clock.wall })
        loop = try EventLoop(name: "webhooks")
        try loop.start()
        service = WebhookService(
            store: store, transport: transport, loop: loop, options: options, clock: clock.clocks,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        sink.service.withLock { [service] in $0 = service }
        if isStarted { try await service.start() }
    }

    /// Ends the process without good order: what is only in memory is lost.
    func kill() async throws {
        await service.halt()
        loop.stop()
        store.close()
        let clock = clock
        store = try Store(path: path, events: sink, now: { clock.wall })
        loop = try EventLoop(name: "webhooks")
        try loop.start()
        service = WebhookService(
            store: store, transport: transport, loop: loop, options: options, clock: clock.clocks,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        sink.service.withLock { [service] in $0 = service }
        try await service.start()
    }

    func end() async {
        await service.stop()
        loop.stop()
        store.close()
        try? FileManager.default.removeItem(atPath: path)
    }

    func add(_ host: String, _ change: (inout WebhookSettings) -> Void = { _ in }) async throws
        -> StoredWebhook
    {
        var settings = WebhookSettings(url: "https://\(host)/hook")
        change(&settings)
        return try await service.create(settings, by: everyone)
    }

    /// Publishes events.
    /// - Returns: their ids.
    @discardableResult
    func publish(_ count: Int = 1, type: EventType = .recordPushed, labels: [String] = [])
        async -> [String]
    {
        let events = (0..<count).map { _ in
            number += 1
            return Event(
                id: EventID(high: 0x0199_0000_0000_7000 + UInt64(number), low: 1 << 63),
                type: type, timestamp: clock.wall, resourceID: "r\(number)", labels: labels,
                metadata: [])
        }
        await store.relay(events)
        return events.map { $0.id.description }
    }

    /// Lets time pass, and what is due begin.
    func pass(_ time: Duration) async {
        clock.advance(time)
        await service.startDue()
    }

    func status(_ webhook: StoredWebhook) async throws -> WebhookStatus {
        try await service.status(webhook.id, by: everyone)
    }

    /// Waits until a condition holds; fails after a minute. The clocks of the service go on by
    /// a millisecond at each look, so that checkpoints are written.
    func wait(_ what: Comment, until condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await !condition() {
            try #require(ContinuousClock.now < deadline, what)
            try await Task.sleep(for: .milliseconds(2))
            clock.advance(.milliseconds(1))
            await service.startDue()
        }
    }
}

extension WebhookService {
    /// Ends without writing anything.
    fileprivate func halt() {
        isStopped = true
    }
}
