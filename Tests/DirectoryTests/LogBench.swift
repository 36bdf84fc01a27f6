import EventHub
import Events
import Foundation
import Synchronization
import Testing

@testable import Directory

/// The conformers of `EventLog`.
enum LogKind: CaseIterable, Sendable {
    case memory, sqlite
}

/// Keeps what was published, with its places.
final class PlaceRecorder: EventSink {
    private let state = Mutex<[(event: Event, place: EventPlace?)]>([])

    func publish(_ events: [Event]) { publish(events, at: nil) }

    func publish(_ events: [Event], at place: EventPlace?) {
        state.withLock { state in
            for (index, event) in events.enumerated() {
                state.append((event, place?.advanced(by: index)))
            }
        }
    }

    /// What was published since the last call.
    func take() -> [(event: Event, place: EventPlace?)] {
        state.withLock { state in
            defer { state = [] }
            return state
        }
    }

    var count: Int { state.withLock(\.count) }
}

/// One event log, and all that was published while it was on.
final class LogBench {
    let kind: LogKind
    private(set) var path = NSTemporaryDirectory() + "log-\(UUID().uuidString)"
    /// Microseconds since 1970.
    let clock = Clock()
    private(set) var policy: EventLogPolicy
    /// The events that were logged: the first has the position 1.
    private(set) var published: [Event] = []
    private let recorder = PlaceRecorder()
    private var memory: MemoryEventLog?
    private(set) var store: Store?
    private var ids = EventIDSequence()
    private var random = SystemRandomNumberGenerator()

    final class Clock: Sendable {
        let time = Mutex<Int64>(1_760_000_000_000_000)
        func now() -> Int64 { time.withLock { $0 } }
        func advance(_ seconds: Int64) { time.withLock { $0 += seconds * 1_000_000 } }
    }

    init(_ kind: LogKind, _ policy: EventLogPolicy = EventLogPolicy(maxEvents: 1000)) throws {
        (self.kind, self.policy) = (kind, policy)
        switch kind {
        case .memory: memory = MemoryEventLog(policy)
        case .sqlite: store = try open()
        }
    }

    deinit {
        store?.close()
        try? FileManager.default.removeItem(atPath: path)
    }

    private func open() throws -> Store {
        try Store(
            path: path, events: recorder, now: { [clock] in clock.now() }, history: policy,
            queryTime: .seconds(60))
    }

    var log: any EventLog {
        if let store { return store.eventLog }
        return memory ?? MemoryEventLog(.off)
    }

    /// Publishes events in one change.
    func publish(_ drafts: [EventDraft]) async throws {
        if let store {
            try await store.write { _ in Applied(result: (), events: drafts) }
            try record()
        } else {
            let time = clock.now()
            try append(
                drafts.map { Event($0, id: ids.next(now: time, random: &random), timestamp: time) })
        }
    }

    func publish(_ names: String...) async throws {
        try await publish(names.map { EventDraft(.recordPushed, $0) })
    }

    /// Publishes events of what changes nothing.
    func announce(_ drafts: [EventDraft]) async throws {
        guard let store else { return try await publish(drafts) }
        await store.announce(drafts)
        // A change ends the wait for them.
        try await store.write { _ in Applied(result: (), events: []) }
        try record()
    }

    /// Publishes events that were made elsewhere.
    func relay(_ events: [Event]) async throws {
        guard let store else { return try append(events) }
        await store.relay(events)
        try record()
    }

    private func append(_ events: [Event]) throws {
        let place = memory?.append(events)
        recorder.publish(events, at: place)
        try record()
    }

    /// Checks the places of what was published, and keeps it.
    private func record() throws {
        for (event, place) in recorder.take() {
            #expect((place != nil) == policy.isOn)
            guard policy.isOn else { continue }
            published.append(event)
            #expect(place == EventPlace(after: Int64(published.count)))
        }
    }

    /// Evicts what is beyond the limits.
    func evict() throws {
        memory?.evict(at: clock.now())
        try store?.eventLog.evictNow()
    }

    /// Opens the log again.
    /// - Parameter isKilled: whether the process before ended without closing it.
    func reopen(_ policy: EventLogPolicy? = nil, isKilled: Bool = false) throws {
        self.policy = policy ?? self.policy
        guard let store else {
            memory?.configure(self.policy, at: clock.now())
            return
        }
        if isKilled {
            // What a process that was killed leaves.
            let copy = NSTemporaryDirectory() + "log-\(UUID().uuidString)"
            try FileManager.default.copyItem(atPath: path, toPath: copy)
            store.close()
            try FileManager.default.removeItem(atPath: path)
            path = copy
        } else {
            store.close()
        }
        self.store = try open()
    }

    /// Reads all that follows a place.
    func read(
        after place: EventPlace = .start, _ filter: EventFilter = .all,
        limits: EventPageLimits = EventPageLimits()
    ) async throws -> (events: [Event], evicted: Int) {
        let (log, matcher) = (log, EventMatcher(filter))
        var (events, evicted, place): ([Event], Int, EventPlace) = ([], 0, place)
        while true {
            let page = try await log.page(
                after: place, through: nil, matching: matcher, limits: limits)
            #expect(page.isAtEnd || page.next > place, "each page goes on")
            #expect(page.events.count <= limits.events)
            for logged in page.events {
                #expect(logged.place > place && logged.place <= page.next)
                #expect(logged.event == published[Int(logged.place.position - 1)])
            }
            events += page.events.map(\.event)
            evicted += page.evictedCount
            place = page.next
            if page.isAtEnd { return (events, evicted) }
        }
    }
}
