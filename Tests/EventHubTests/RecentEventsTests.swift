import EventHub
import Events
import TestSupport
import Testing

/// The last events of a log.
@Suite struct RecentEventsTests {
    private func log(_ count: Int, _ make: (Int) -> Event) -> MemoryEventLog {
        let log = MemoryEventLog(EventLogPolicy(maxEvents: 100_000))
        for number in 0..<count { log.append([make(number)]) }
        return log
    }

    private func names(_ events: [Event]) -> [String] { events.map(\.resourceID) }

    @Test func `the last events come in their order`() async throws {
        let log = log(3000) { event(.recordPushed, "r\($0)") }
        let last = try await RecentEvents(log).last(3, matching: .all)
        #expect(names(last) == ["r2997", "r2998", "r2999"])
        let many = try await RecentEvents(log).last(1000, matching: .all)
        #expect(names(many) == (2000..<3000).map { "r\($0)" })
        let none = try await RecentEvents(self.log(0) { _ in event() }).last(3, matching: .all)
        #expect(none.isEmpty)
    }

    @Test func `events that match are found further back, up to a limit of rows`() async throws {
        let log = log(RecentEvents.rowLimit + 10) { number in
            event([9, 10, 500].contains(number) ? .recordDeleted : .recordPushed, "r\(number)")
        }
        let matcher = EventMatcher(EventFilter(types: [.recordDeleted]))
        // The row before the last `rowLimit` ones is not looked at.
        #expect(names(try await RecentEvents(log).last(10, matching: matcher)) == ["r10", "r500"])
        #expect(names(try await RecentEvents(log).last(1, matching: matcher)) == ["r500"])
    }

    @Test func `events of many labels are bounded by their bytes`() async throws {
        let label = String(repeating: "l", count: 100 << 10)
        let log = log(400) { event(.recordPushed, "r\($0)", labels: [label]) }
        let last = names(try await RecentEvents(log).last(1000, matching: .all))
        #expect(last == (390..<400).map { "r\($0)" })
        let huge = self.log(3) {
            event(.recordPushed, "r\($0)", labels: [String](repeating: label, count: 20))
        }
        #expect(names(try await RecentEvents(huge).last(10, matching: .all)) == ["r2"])
    }

    @Test func `reading ends after a number of pages`() async throws {
        let label = String(repeating: "l", count: 1 << 20)
        // Each page has four of these rows: 32 pages end with the newest 128 of them.
        let log = log(300) { number in
            event(
                number == 0 || number == 299 ? .recordDeleted : .recordPushed, "r\(number)",
                labels: number == 299 ? [] : [label])
        }
        let matcher = EventMatcher(EventFilter(types: [.recordDeleted]))
        #expect(names(try await RecentEvents(log).last(10, matching: matcher)) == ["r299"])
        let small = self.log(300) { number in
            event(number == 0 ? .recordDeleted : .recordPushed, "r\(number)")
        }
        #expect(names(try await RecentEvents(small).last(10, matching: matcher)) == ["r0"])
    }
}
