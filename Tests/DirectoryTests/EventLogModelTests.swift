import EventHub
import Events
import Foundation
import TestSupport
import Testing

@testable import Directory

/// Random publishes, reads, evictions and restarts: what readers receive is compared with the list
/// of all that was published.
///
/// `EVENT_LOG_SEED=N` repeats a run; `EVENT_LOG_ROUNDS=N` makes more of them.
@Suite struct EventLogModelTests {
    @Test(arguments: LogKind.allCases)
    func `each reader receives exactly what was published, or hears of what it missed`(
        kind: LogKind
    ) async throws {
        let environment = ProcessInfo.processInfo.environment
        let rounds = environment["EVENT_LOG_ROUNDS"].flatMap { Int($0) } ?? 4
        for round in 0..<rounds {
            let seed =
                environment["EVENT_LOG_SEED"].flatMap { UInt64($0) }
                ?? UInt64.random(in: 0 ... .max)
            var model = try LogModel(kind, seed: seed &+ UInt64(round))
            print("event log model: \(kind), EVENT_LOG_SEED=\(seed &+ UInt64(round))")
            for _ in 0..<150 { try await model.step() }
            try await model.finish()
        }
    }
}

/// A log, its readers, and what the readers have to receive.
private struct LogModel {
    private struct Reader {
        let filter: EventFilter
        var place: EventPlace
        /// What it has received, by the positions.
        var received: [Int64] = []
        /// Where it began.
        let begin: EventPlace
        var missed = 0
    }

    private let seed: UInt64
    private var random: Seeded
    private let bench: LogBench
    private var readers: [Reader] = []
    private var retained: Int64?
    /// The newest position that is known to be evicted.
    private var floor: Int64 = 0
    private var note: Comment { "EVENT_LOG_SEED=\(seed)" }

    private static let words = ["AI", "/skills/", "research", "é", "e\u{301}", "x\0"]

    init(_ kind: LogKind, seed: UInt64) throws {
        (self.seed, random) = (seed, Seeded(seed: seed))
        bench = try LogBench(kind, Self.policy(&random))
    }

    private static func policy(_ random: inout Seeded) -> EventLogPolicy {
        EventLogPolicy(
            maxEvents: Int.random(in: 20...400, using: &random),
            maxAge: Bool.random(using: &random) ? .seconds(200) : nil,
            maxBytes: Bool.random(using: &random) ? 30_000 : nil)
    }

    mutating func step() async throws {
        bench.clock.advance(Int64.random(in: -3...10, using: &random))
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<8: try await publish()
        case 8..<10: await subscribe()
        case 10..<15: try await read()
        case 15: try await resume()
        case 16: try await evict()
        case 17: try await retain()
        case 18: try await restart()
        default: readers = readers.filter { _ in Bool.random(using: &random) }
        }
    }

    /// Reads the rest for every reader.
    mutating func finish() async throws {
        for index in readers.indices {
            while try await read(index, limits: EventPageLimits()) {}
            let reader = readers[index]
            // What it received, and what was evicted before it came, is all that matches.
            let expected = positions(after: reader.begin.position).filter {
                reader.filter.matches(bench.published[Int($0 - 1)])
            }
            #expect(Set(reader.received).isSubset(of: expected), note)
            #expect(expected.count - reader.received.count <= reader.missed, note)
        }
    }

    private func positions(after position: Int64) -> [Int64] {
        position < Int64(bench.published.count)
            ? Array((position + 1)...Int64(bench.published.count)) : []
    }

    private mutating func publish() async throws {
        var drafts: [EventDraft] = []
        for _ in 0..<Int.random(in: 1...30, using: &random) {
            let labels = Self.words.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
            drafts.append(
                EventDraft(
                    EventType.allCases.randomElement(using: &random) ?? .recordPushed,
                    "c\(Int.random(in: 0..<12, using: &random))", labels: labels.map { "/\($0)/" },
                    metadata: labels.map { .init($0, "v") }))
        }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: try await bench.announce(drafts)
        case 1:
            let time = bench.clock.now()
            var events: [Event] = []
            for draft in drafts {
                // Ids of another Directory, in no order.
                let digits = String(random.next(), radix: 16) + String(repeating: "0", count: 16)
                let text = "\(digits.prefix(8))-0000-4000-8000-\(digits.prefix(12))"
                events.append(Event(draft, id: try #require(EventID(text)), timestamp: time))
            }
            try await bench.relay(events)
        default: try await bench.publish(drafts)
        }
    }

    private mutating func filter() -> EventFilter {
        func some<T>(_ list: [T]) -> [T] {
            guard Bool.random(using: &random) else { return [] }
            return Array(
                list.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random)))
        }
        return EventFilter(
            types: some(EventType.allCases), labels: some(Self.words),
            cids: some((0..<14).map { "c\($0)" }))
    }

    private mutating func subscribe() async {
        let place = EventPlace(
            after: Int64.random(in: 0...Int64(bench.published.count), using: &random))
        readers.append(Reader(filter: filter(), place: place, begin: place))
    }

    private mutating func read() async throws {
        guard let index = readers.indices.randomElement(using: &random) else { return }
        _ = try await read(
            index,
            limits: EventPageLimits(
                events: Int.random(in: 1...40, using: &random),
                bytes: Int.random(in: 1...20_000, using: &random),
                rows: Int.random(in: 1...200, using: &random),
                rowBytes: Int.random(in: 1...50_000, using: &random)))
    }

    /// Reads one page for a reader, and compares it.
    /// - Returns: whether more follows.
    private mutating func read(_ index: Int, limits: EventPageLimits) async throws -> Bool {
        let reader = readers[index]
        let page = try await bench.log.page(
            after: reader.place, through: nil, matching: EventMatcher(reader.filter),
            limits: limits)
        let start = reader.place.position + Int64(page.evictedCount)
        #expect(page.evictedCount == 0 || start <= Int64(bench.published.count), note)
        floor = page.evictedCount > 0 ? max(floor, start) : floor
        #expect(start >= min(floor, page.next.position), "what was evicted stays so; \(note)")
        #expect(page.next.position >= start && page.next.position <= bench.published.count, note)
        let expected = positions(after: start).prefix { $0 <= page.next.position }
            .filter { reader.filter.matches(bench.published[Int($0 - 1)]) }
        #expect(page.events.map(\.place.position) == expected, note)
        #expect(
            page.events.map(\.event) == expected.map { bench.published[Int($0 - 1)] }, note)
        #expect(page.isAtEnd == (page.next.position == bench.published.count), note)
        #expect(page.isAtEnd || page.next > reader.place, note)
        readers[index].place = page.next
        readers[index].received += expected
        readers[index].missed += page.evictedCount
        return !page.isAtEnd
    }

    private mutating func resume() async throws {
        let extent = try await bench.log.extent()
        let floor = extent.oldest.position
        #expect(floor >= self.floor && extent.newest.position == bench.published.count, note)
        guard let index = bench.published.indices.randomElement(using: &random) else { return }
        let event = bench.published[index]
        // Of a repeated id the newest.
        let newest = Int64(
            (bench.published.lastIndex { $0.id == event.id } ?? index) + 1)
        let start = try await bench.log.start(after: event.id)
        let since = try await bench.log.start(since: event.timestamp)
        // The eviction in the background may have run between these reads.
        guard try await bench.log.extent().oldest == extent.oldest else { return }
        if newest >= floor, newest > floor || floor > 0 {
            #expect(start == .known(EventPlace(after: newest)), note)
        } else if case .unknown(let reset) = start {
            #expect(reset.oldest == extent.oldest && reset.oldestID == extent.oldestID, note)
            let sort = [event, bench.published[Int(floor - 1)]].allSatisfy { $0.id.version == 7 }
            #expect(reset.cause == .evicted || !sort && reset.cause == .unknownID, note)
        } else {
            Issue.record("\(event.id) was evicted; \(note)")
        }
        if case .known(let place) = since {
            let first = bench.published.firstIndex { $0.timestamp >= event.timestamp } ?? 0
            #expect(place.position == Int64(first), note)
        } else {
            // Something of that time or later was evicted.
            let evicted = bench.published.prefix(Int(floor))
            #expect(evicted.contains { $0.timestamp >= event.timestamp }, note)
        }
    }

    private mutating func evict() async throws {
        let before = try await bench.log.extent()
        try bench.evict()
        let after = try await bench.log.extent()
        let policy = bench.policy
        floor = max(floor, after.oldest.position)
        let oldest = policy.oldestTime(bench.clock.now()) ?? .min
        // Everything beyond a limit is gone, and nothing else.
        if retained ?? .max > after.oldest.position {
            #expect(after.count <= policy.maxEvents, note)
            #expect(after.byteCount <= policy.maxBytes ?? .max, note)
            if let first = bench.published.dropFirst(Int(floor)).first {
                #expect(first.timestamp >= oldest, note)
            }
        }
        #expect(after.oldest.position <= max(retained ?? .max, before.oldest.position), note)
        if after.oldest > before.oldest {
            let last = bench.published[Int(after.oldest.position - 1)]
            let size = after.byteCount + 128 + last.resourceID.utf8.count
            #expect(
                after.count >= policy.maxEvents || last.timestamp < oldest
                    || size + 400 > policy.maxBytes ?? .max, note)
        }
    }

    private mutating func retain() async throws {
        let extent = try await bench.log.extent()
        retained =
            Bool.random(using: &random)
            ? Int64.random(
                in: extent.oldest.position...extent.newest.position, using: &random) : nil
        try await bench.log.retain(after: retained.map { EventPlace(after: $0) })
    }

    private mutating func restart() async throws {
        try bench.reopen(
            Bool.random(using: &random) ? nil : Self.policy(&random),
            isKilled: Bool.random(using: &random))
    }
}
