import EventHub
import Events
import Testing

@testable import Directory

/// What every conformer of `EventLog` guarantees.
@Suite struct EventLogTests {
    private func names(_ events: [Event]) -> [String] { events.map(\.resourceID) }

    @Test(arguments: LogKind.allCases)
    func `a reader resumes after any event, and receives what followed in order`(
        kind: LogKind
    ) async throws {
        let bench = try LogBench(kind)
        try await bench.publish("a", "b")
        try await bench.announce([EventDraft(.recordPulled, "c")])
        try await bench.publish("d", "e")
        for (index, event) in bench.published.enumerated() {
            let place = EventPlace(after: Int64(index + 1))
            #expect(try await bench.log.start(after: event.id) == .known(place))
            let rest = try await bench.read(after: place).events
            #expect(rest == Array(bench.published.dropFirst(index + 1)))
        }
        #expect(try await bench.read().events == bench.published)
        #expect(names(bench.published) == ["a", "b", "c", "d", "e"])
    }

    @Test(arguments: LogKind.allCases)
    func `labels, metadata and resources are kept byte for byte`(kind: LogKind) async throws {
        let bench = try LogBench(kind)
        let long = String(repeating: "é", count: 70_000)
        try await bench.publish([
            EventDraft(.recordPushed, "a\0b", labels: ["", "x\0y", "é", "e\u{301}", long]),
            EventDraft(.syncFailed, "", metadata: [.init("", ""), .init("k\0", long)]),
            EventDraft(.recordSigned, "c", labels: ["l"], metadata: [.init("signer", "s")]),
        ])
        #expect(try await bench.read().events == bench.published)
        #expect(try await bench.read(EventFilter(labels: ["e\u{301}"])).events.count == 1)
        #expect(try await bench.read(EventFilter(cids: ["a\0b"])).events.count == 1)
        #expect(try await bench.read(EventFilter(cids: ["a"])).events.isEmpty)
    }

    @Test(arguments: LogKind.allCases)
    func `a page ends at each of its limits, and the next goes on from there`(
        kind: LogKind
    ) async throws {
        let bench = try LogBench(kind)
        try await bench.publish(
            (0..<300).map {
                EventDraft(
                    $0 % 3 == 0 ? .recordPushed : .recordDeleted, "c\($0 % 50)",
                    labels: ["/skills/\($0 % 7)"])
            })
        let filters = [
            EventFilter.all, EventFilter(types: [.recordPushed]), EventFilter(labels: ["/3"]),
            EventFilter(cids: ["c7", "c8", "none"]),
            EventFilter(types: [.recordDeleted], labels: ["6", "5"], cids: ["c1", "c2", "c3"]),
        ]
        let limits = [
            EventPageLimits(events: 1), EventPageLimits(events: 7), EventPageLimits(bytes: 1),
            EventPageLimits(bytes: 1000), EventPageLimits(rows: 1), EventPageLimits(rows: 40),
            EventPageLimits(rowBytes: 1), EventPageLimits(rowBytes: 2000), EventPageLimits(),
        ]
        for filter in filters {
            let expected = bench.published.filter(filter.matches)
            for limits in limits {
                #expect(try await bench.read(filter, limits: limits).events == expected)
            }
        }
        let page = try await bench.log.page(
            after: .start, through: nil, matching: .all, limits: EventPageLimits(events: 10))
        #expect(page.events.count == 10 && !page.isAtEnd && page.next == EventPlace(after: 10))
        // The rows that are read count, not only those that match.
        let rare = try await bench.log.page(
            after: .start, through: nil, matching: EventMatcher(EventFilter(labels: ["none"])),
            limits: EventPageLimits(rows: 40))
        #expect(rare.events.isEmpty && !rare.isAtEnd && rare.next == EventPlace(after: 40))
    }

    @Test(arguments: LogKind.allCases)
    func `a page ends at the requested place`(kind: LogKind) async throws {
        let bench = try LogBench(kind)
        try await bench.publish("a", "b", "c", "d")
        let newest = try await bench.log.extent().newest
        #expect(newest == EventPlace(after: 4))
        try await bench.publish("e", "f")
        for filter in [EventFilter.all, EventFilter(types: [.recordPushed])] {
            let page = try await bench.log.page(
                after: EventPlace(after: 1), through: newest, matching: EventMatcher(filter),
                limits: EventPageLimits())
            #expect(names(page.events.map(\.event)) == ["b", "c", "d"])
            #expect(page.isAtEnd && page.next == newest)
        }
        let none = try await bench.log.page(
            after: newest, through: newest, matching: .all, limits: EventPageLimits())
        #expect(none.events.isEmpty && none.isAtEnd && none.next == newest)
        let beyond = try await bench.log.page(
            after: EventPlace(after: 99), through: nil, matching: .all, limits: EventPageLimits())
        #expect(beyond.events.isEmpty && beyond.isAtEnd && beyond.next == EventPlace(after: 99))
    }

    @Test(arguments: LogKind.allCases)
    func `several filters match together`(kind: LogKind) async throws {
        let bench = try LogBench(kind)
        try await bench.publish(
            (0..<60).map {
                EventDraft(
                    EventType.allCases[$0 % 10], "c\($0 % 6)", labels: ["l\($0 % 4)", "m\($0 % 3)"])
            })
        let filters = [
            EventFilter(
                types: [.recordPushed, .recordPulled], labels: ["l0", "l1"], cids: ["c0", "c1"]),
            EventFilter(types: [.recordPushed, .recordSigned], labels: ["m"], cids: ["c0", "c5"]),
        ]
        let page = try await bench.log.page(
            after: .start, through: nil, matching: EventMatcher(filters), limits: EventPageLimits())
        let expected = bench.published.filter { filters[0].matches($0) && filters[1].matches($0) }
        #expect(page.events.map(\.event) == expected && !expected.isEmpty)
        let apart = EventMatcher([EventFilter(cids: ["c0"]), EventFilter(cids: ["c1"])])
        let none = try await bench.log.page(
            after: .start, through: nil, matching: apart, limits: EventPageLimits())
        #expect(none.events.isEmpty && none.isAtEnd)
    }

    @Test(arguments: LogKind.allCases)
    func `what was evicted, and an id that is unknown, are said to be so`(
        kind: LogKind
    ) async throws {
        let bench = try LogBench(kind, EventLogPolicy(maxEvents: 10))
        for number in 0..<100 { try await bench.publish("\(number)") }
        try bench.evict()
        let extent = try await bench.log.extent()
        #expect(extent.count == 10 && extent.oldest == EventPlace(after: 90))
        #expect(extent.oldestID == bench.published[90].id && extent.byteCount > 0)
        // After the newest that was evicted, all is kept.
        let last = try await bench.log.start(after: bench.published[89].id)
        #expect(last == .known(EventPlace(after: 90)))
        func reset(_ cause: EventLogReset.Cause) -> EventLogStart {
            .unknown(EventLogReset(cause, oldest: extent.oldest, oldestID: extent.oldestID))
        }
        #expect(try await bench.log.start(after: bench.published[88].id) == reset(.evicted))
        for text in [
            "ffffffff-ffff-7fff-bfff-ffffffffffff", "0199f5a3-7c1e-4b52-9d1a-3f6f1c0e8a41",
        ] {
            let id = try #require(EventID(text))
            #expect(try await bench.log.start(after: id) == reset(.unknownID), "\(text)")
        }
        let missed = try await bench.read(after: EventPlace(after: 85))
        #expect(missed.evicted == 5 && missed.events == Array(bench.published.suffix(10)))
    }

    @Test(arguments: LogKind.allCases)
    func `a reader finds the place of a time, also where the clock was set back`(
        kind: LogKind
    ) async throws {
        let bench = try LogBench(kind, EventLogPolicy(maxEvents: 20))
        let begin = bench.clock.now()
        for step in 0..<20 {
            bench.clock.advance(step == 10 ? -15 : 3)
            try await bench.publish("\(step)")
        }
        let times = bench.published.map(\.timestamp)
        for time in times.flatMap({ [$0 - 1, $0, $0 + 1] }) + [begin - 1, begin + 1_000_000_000] {
            let first = times.firstIndex { $0 >= time } ?? times.count
            let start = try await bench.log.start(since: time)
            #expect(start == .known(EventPlace(after: Int64(first))), "\(time - begin)")
        }
        for _ in 0..<10 { try await bench.publish("x") }
        try bench.evict()
        guard case .unknown(let reset) = try await bench.log.start(since: times[9]) else {
            Issue.record("it was evicted")
            return
        }
        #expect(reset.cause == .evicted && reset.oldest == EventPlace(after: 10))
        let later = try #require(times.firstIndex { $0 > times[9] })
        #expect(
            try await bench.log.start(since: times[9] + 1)
                == .known(EventPlace(after: Int64(later))))
    }

    @Test(arguments: LogKind.allCases)
    func `events are evicted by their age and by their bytes`(kind: LogKind) async throws {
        let policy = EventLogPolicy(maxEvents: 1000, maxAge: .seconds(60), maxBytes: 20_000)
        let bench = try LogBench(kind, policy)
        for _ in 0..<10 {
            try await bench.publish("old")
            bench.clock.advance(10)
        }
        try bench.evict()
        #expect(try await bench.log.extent().count == 6)
        let labels = [String(repeating: "l", count: 3000)]
        for _ in 0..<20 {
            try await bench.publish([EventDraft(.recordPushed, "c", labels: labels)])
        }
        try bench.evict()
        let extent = try await bench.log.extent()
        #expect(extent.count == 6 && extent.byteCount <= 20_000)
        bench.clock.advance(1000)
        try bench.evict()
        #expect(try await bench.log.extent().count == 0)
        // Nothing has happened since the newest: its reader has missed nothing.
        let newest = try #require(bench.published.last)
        let place = EventPlace(after: Int64(bench.published.count))
        #expect(try await bench.log.start(after: newest.id) == .known(place))
        #expect(try await bench.log.start(since: newest.timestamp + 1) == .known(place))
    }

    @Test(arguments: LogKind.allCases)
    func `what a reader still has to get is not evicted`(kind: LogKind) async throws {
        let bench = try LogBench(kind, EventLogPolicy(maxEvents: 10))
        for number in 0..<10 { try await bench.publish("\(number)") }
        try await bench.log.retain(after: EventPlace(after: 5))
        for number in 10..<200 { try await bench.publish("\(number)") }
        try bench.evict()
        #expect(try await bench.log.extent().oldest == EventPlace(after: 5))
        try bench.reopen()
        try await bench.publish("x")
        try bench.evict()
        #expect(try await bench.log.extent().oldest == EventPlace(after: 5))
        try await bench.log.retain(after: EventPlace(after: 150))
        try bench.evict()
        #expect(try await bench.log.extent().oldest == EventPlace(after: 150))
        try await bench.log.retain(after: nil)
        try bench.evict()
        #expect(try await bench.log.extent().count == 10)
    }

    @Test(arguments: LogKind.allCases)
    func `a log that is off knows nothing, and one that is on again begins anew`(
        kind: LogKind
    ) async throws {
        let bench = try LogBench(kind)
        try await bench.publish("a", "b")
        let (first, last) = (bench.published[0].id, bench.published[1].id)
        try bench.reopen(.off)
        #expect(!bench.log.isOn)
        try await bench.publish("not logged")
        #expect(try await bench.log.start(after: first) == .unknown(EventLogReset(.historyOff)))
        #expect(try await bench.log.start(since: 0) == .unknown(EventLogReset(.historyOff)))
        let page = try await bench.log.page(
            after: .start, through: nil, matching: .all, limits: EventPageLimits())
        #expect(page.events.isEmpty && page.isAtEnd)
        bench.clock.advance(10)
        try bench.reopen(EventLogPolicy(maxEvents: 100))
        #expect(bench.log.isOn)
        let empty = EventLogReset(.evicted, oldest: EventPlace(after: 2))
        for id in [first, last] {
            #expect(try await bench.log.start(after: id) == .unknown(empty))
        }
        #expect(try await bench.log.start(since: 0) == .unknown(empty))
        bench.clock.advance(1)
        try await bench.publish("c")
        try bench.evict()
        #expect(names(try await bench.read().events) == ["c"])
        let third = bench.published[2]
        #expect(try await bench.log.start(after: third.id) == .known(EventPlace(after: 3)))
        #expect(
            try await bench.log.start(since: third.timestamp) == .known(EventPlace(after: 2)))
    }

    @Test(arguments: LogKind.allCases)
    func `ids that do not sort are found, and of a repeated one the newest`(
        kind: LogKind
    ) async throws {
        let bench = try LogBench(kind)
        let ids = ["9", "3", "f", "0", "7", "3"].compactMap {
            EventID("\($0)199f5a3-7c1e-4b52-9d1a-3f6f1c0e8a41")
        }
        for (index, id) in ids.enumerated() {
            try await bench.relay([
                Event(
                    id: id, type: .recordPushed, timestamp: Int64(100 - index),
                    resourceID: "\(index)")
            ])
        }
        #expect(names(try await bench.read().events) == ["0", "1", "2", "3", "4", "5"])
        for (index, id) in ids.enumerated() where index != 1 {
            let place = EventPlace(after: Int64(index + 1))
            #expect(try await bench.log.start(after: id) == .known(place))
        }
    }
}
