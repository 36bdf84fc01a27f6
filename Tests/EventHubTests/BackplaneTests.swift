import Dispatch
import EventHub
import Events
import Synchronization
import Testing

/// The conformers of `Backplane`.
enum BackplaneKind: CaseIterable, Sendable {
    case local

    func make() -> any Backplane { LocalBackplane(roomTime: .milliseconds(50)) }
}

/// A hub that keeps what it receives.
private final class TestHub: HubInlet {
    let state = Mutex((calls: [[String]](), places: [EventPlace?](), dropped: 0))
    let room = Mutex(true)
    let pressure = Mutex(0)
    let isStalled: Bool

    init(isStalled: Bool = false) { self.isStalled = isStalled }

    var hasRoom: Bool { room.withLock { $0 } }
    var subscriberCount: Int { 1 }

    func post(_ events: [PublishedEvent]) {
        state.withLock { state in
            state.calls.append(events.map(\.event.resourceID))
            state.places += events.map(\.place)
        }
    }

    func recordDrops(_ count: Int) { state.withLock { $0.dropped += count } }

    func postReset(_ reset: EventLogReset) {}

    func isUnderPressure() async -> Bool {
        pressure.withLock { pressure in
            defer { pressure -= 1 }
            return pressure > 0
        }
    }

    var calls: [[String]] { state.withLock(\.calls) }
    var dropped: Int { state.withLock(\.dropped) }
}

/// What every conformer of `Backplane` guarantees.
@Suite struct BackplaneTests {
    private func batch(_ names: [String]) -> [PublishedEvent] {
        names.enumerated().map { index, name in
            var (ids, random) = (EventIDSequence(), SystemRandomNumberGenerator())
            return PublishedEvent(
                Event(
                    EventDraft(.recordPushed, name), id: ids.next(now: 0, random: &random),
                    timestamp: 0), at: .zero, place: EventPlace(after: Int64(index)))
        }
    }

    private func started(_ kind: BackplaneKind, _ hubs: TestHub...) async throws -> any Backplane {
        let backplane = kind.make()
        for hub in hubs { backplane.connect(hub) }
        try await backplane.start()
        return backplane
    }

    @Test(arguments: BackplaneKind.allCases)
    func `a batch reaches every hub as one call, in its order, and once`(
        kind: BackplaneKind
    ) async throws {
        let (first, second) = (TestHub(), TestHub())
        let backplane = try await started(kind, first, second)
        for number in 0..<100 { backplane.publish(batch(["\(number)a", "\(number)b"])) }
        #expect(await backplane.drained(by: .now + .seconds(10)))
        for hub in [first, second] {
            #expect(hub.calls == (0..<100).map { ["\($0)a", "\($0)b"] })
            #expect(hub.state.withLock { $0.places.prefix(2) } == [.start, EventPlace(after: 1)])
        }
        await backplane.stop()
    }

    @Test(arguments: BackplaneKind.allCases)
    func `batches of several publishers reach all hubs in one order, none divided`(
        kind: BackplaneKind
    ) async throws {
        let hubs = [TestHub(), TestHub(), TestHub()]
        let backplane = try await started(kind, hubs[0], hubs[1], hubs[2])
        DispatchQueue.concurrentPerform(iterations: 8) { worker in
            for number in 0..<100 {
                backplane.publish(batch(["\(worker) \(number) a", "\(worker) \(number) b"]))
            }
        }
        #expect(await backplane.drained(by: .now + .seconds(10)))
        let calls = hubs[0].calls
        #expect(calls.count == 800 && calls.allSatisfy { $0.count == 2 })
        #expect(hubs.allSatisfy { $0.calls == calls })
        for worker in 0..<8 {
            let own = calls.filter { $0[0].hasPrefix("\(worker) ") }
            #expect(own == (0..<100).map { ["\(worker) \($0) a", "\(worker) \($0) b"] })
        }
        await backplane.stop()
    }

    @Test(arguments: BackplaneKind.allCases)
    func `a hub without room receives the number, and the others the events`(
        kind: BackplaneKind
    ) async throws {
        let (full, open) = (TestHub(), TestHub())
        let backplane = try await started(kind, full, open)
        full.room.withLock { $0 = false }
        backplane.waitForRoom()  // has a deadline
        backplane.publish(batch(["a", "b", "c"]))
        full.room.withLock { $0 = true }
        backplane.publish(batch(["d"]))
        #expect(await backplane.drained(by: .now + .seconds(10)))
        #expect(full.dropped == 3 && full.calls == [["d"]])
        #expect(open.dropped == 0 && open.calls == [["a", "b", "c"], ["d"]])
        await backplane.stop()
    }

    @Test(arguments: BackplaneKind.allCases)
    func `nothing is carried before the start and after the end`(
        kind: BackplaneKind
    ) async throws {
        let (early, late) = (TestHub(), TestHub())
        let backplane = kind.make()
        backplane.connect(early)
        backplane.publish(batch(["before"]))
        try await backplane.start()
        backplane.publish(batch(["a"]))
        backplane.connect(late)
        backplane.publish(batch(["b"]))
        #expect(await backplane.drained(by: .now + .seconds(10)))
        await backplane.stop()
        await backplane.stop()
        backplane.publish(batch(["after"]))
        #expect(early.calls == [["a"], ["b"]] && late.calls == [["b"]])
        #expect(early.dropped == 0 && late.dropped == 0)
    }

    @Test(arguments: BackplaneKind.allCases)
    func `it is drained when the hubs have sent, whatever a stalled one does`(
        kind: BackplaneKind
    ) async throws {
        let (busy, stalled) = (TestHub(), TestHub(isStalled: true))
        busy.pressure.withLock { $0 = 3 }
        stalled.pressure.withLock { $0 = .max }
        let backplane = try await started(kind, busy, stalled)
        backplane.publish(batch(["a"]))
        #expect(await backplane.drained(by: .now + .seconds(60)))
        #expect(busy.pressure.withLock { $0 } < 0)
        busy.pressure.withLock { $0 = .max }
        #expect(await backplane.drained(by: .now + .milliseconds(20)) == false)
        await backplane.stop()
    }

    /// The hub is kept by its backplane alone.
    @Test(arguments: BackplaneKind.allCases)
    func `the end releases the hubs`(kind: BackplaneKind) async throws {
        let backplane = kind.make()
        weak var released: TestHub?
        do {
            let hub = TestHub()
            released = hub
            backplane.connect(hub)
            try await backplane.start()
        }
        await backplane.stop()
        #expect(released == nil)
    }
}
