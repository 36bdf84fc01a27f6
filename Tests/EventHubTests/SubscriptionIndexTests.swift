import EventHub
import Events
import TestSupport
import Testing

@Suite struct SubscriptionIndexTests {
    private static let words = ["AI", "/skills/", "research", "/domains/x", "é", "e\u{301}", "A"]

    private func randomFilter(_ random: inout some RandomNumberGenerator) -> EventFilter {
        EventFilter(
            types: EventType.allCases.shuffled(using: &random).prefix(
                Int.random(in: 0...2, using: &random)),
            labels: Array(
                Self.words.shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random))),
            cids: ["c1", "c2", "c3"].filter { _ in Int.random(in: 0...4, using: &random) == 0 })
    }

    private func randomEvent(_ random: inout some RandomNumberGenerator) -> Event {
        var ids = EventIDSequence()
        let labels = Self.words.filter { _ in Bool.random(using: &random) }.map { "/skills/\($0)x" }
        return Event(
            EventDraft(
                EventType.allCases.randomElement(using: &random) ?? .recordPushed,
                ["c1", "c2", "c3", "c4"].randomElement(using: &random) ?? "c1",
                labels: Bool.random(using: &random) ? labels : []),
            id: ids.next(now: 0, random: &random), timestamp: 0)
    }

    @Test
    func `the index finds exactly what the filters' definition says, whatever comes and goes`() {
        let seed = testSeed()
        var random = Seeded(seed: seed)
        // As many tokens as there may be, so that filters of one token share its lists.
        let tokens = (0..<6).map { _ in randomFilter(&random) }
        var index = SubscriptionIndex()
        var held: [(id: Int, filter: EventFilter)] = []
        for _ in 0..<1500 {
            if held.isEmpty || Int.random(in: 0...2, using: &random) > 0 {
                var filter = randomFilter(&random)
                for _ in 0..<Int.random(in: 0...2, using: &random) {
                    filter = filter.intersection(tokens.randomElement(using: &random) ?? .all)
                }
                held.append((index.insert(filter), filter))
            } else {
                let place = Int.random(in: held.indices, using: &random)
                index.remove(held.remove(at: place).id)
            }
            let event = randomEvent(&random)
            var found: [Int] = []
            index.match(event) { found.append($0) }
            let expected = Set(held.filter { $0.filter.matches(event) }.map(\.id))
            #expect(Set(found) == expected, "seed \(seed)")
            #expect(found.count == expected.count, "a filter is found twice, seed \(seed)")
        }
        for holder in held { index.remove(holder.id) }
        #expect(index.count == 0)
    }

    @Test func `equal filters share one entry until the last of them goes`() {
        var index = SubscriptionIndex()
        let first = index.insert(EventFilter(labels: ["a", "b"]))
        let second = index.insert(EventFilter(labels: ["b", "a", "a"]))
        #expect(first == second)
        let isGone = index.remove(first)
        #expect(!isGone)
        #expect(index.count == 1)
        index.remove(first)
        #expect(index.count == 0)
    }

    @Test func `nothing passes that a token forbids, and all passes that both allow`() {
        let seed = testSeed()
        var random = Seeded(seed: seed)
        for _ in 0..<400 {
            var index = SubscriptionIndex()
            let (asked, token) = (randomFilter(&random), randomFilter(&random))
            let id = index.insert(asked.intersection(token))
            // Others, so that the filter is one of several.
            for _ in 0..<5 { _ = index.insert(randomFilter(&random)) }
            for _ in 0..<10 {
                let event = randomEvent(&random)
                var isFound = false
                index.match(event) { if $0 == id { isFound = true } }
                let mayPass = asked.matches(event) && token.matches(event)
                #expect(
                    isFound == mayPass,
                    "seed \(seed): \(asked) within \(token), \(event.type) \(event.labels)")
            }
        }
    }

    @Test func `the lists of a token go with its last stream`() {
        var index = SubscriptionIndex()
        let token = EventFilter(labels: ["/skills/a", "/skills/b"])
        let filters = ["x", "y"].map { EventFilter(labels: [$0]).intersection(token) }
        let ids = filters.map { index.insert($0) }
        let event = Event(
            EventDraft(.recordPushed, "r", labels: ["/skills/a", "x"]),
            id: EventID("0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8a41")!, timestamp: 0)
        func found() -> [Int] {
            var found: [Int] = []
            index.match(event) { found.append($0) }
            return found
        }
        #expect(found() == [ids[0]])
        index.remove(ids[1])
        #expect(found() == [ids[0]])
        index.remove(ids[0])
        #expect(found() == [])
        #expect(index.count == 0)
        // The same texts again, as a list of their own.
        let again = index.insert(token)
        #expect(found() == [again])
    }
}

@Suite struct LabelSearchTests {
    /// Texts and labels of two letters, so that much begins alike; long ones, so that both ways of
    /// searching are taken.
    @Test func `labels are matched as the definition says, whatever they are made of`() {
        let seed = testSeed()
        var random = Seeded(seed: seed)
        func text(_ range: ClosedRange<Int>) -> String {
            let length = Int.random(in: range, using: &random)
            return String(
                decoding: (0..<length).map { _ in
                    Int.random(in: 0...9, using: &random) == 0
                        ? UInt8(ascii: "b") : UInt8(ascii: "a")
                }, as: UTF8.self)
        }
        for round in 0..<60 {
            var index = SubscriptionIndex()
            var filters: [Int: EventFilter] = [:]
            for step in 0..<40 {
                if step % 4 == 3, let id = filters.keys.sorted().first {
                    index.remove(id)
                    filters[id] = nil
                } else {
                    let filter = EventFilter(
                        labels: (0..<Int.random(in: 1...3, using: &random)).map { _ in text(1...40)
                        })
                    let id = index.insert(filter)
                    if filters[id] != nil { index.remove(id) }
                    filters[id] = filter
                }
                let event = Event(
                    EventDraft(.recordPushed, "r", labels: [text(0...300), text(0...10)]),
                    id: EventID("0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8a41")!, timestamp: 0)
                var found: Set<Int> = []
                _ = index.match(event) { found.insert($0) }
                let plain = Set(filters.filter { $0.value.matches(event) }.keys)
                #expect(found == plain, "seed \(seed), round \(round), step \(step)")
            }
        }
    }

    @Test func `the work for a label grows with its length, not with what filters are made of`() {
        var index = SubscriptionIndex()
        for length in 1...256 {
            _ = index.insert(EventFilter(labels: [String(repeating: "a", count: length) + "b"]))
        }
        let event = Event(
            EventDraft(.recordPushed, "r", labels: [String(repeating: "a", count: 100_000)]),
            id: EventID("0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8a41")!, timestamp: 0)
        let first = index.match(event) { _ in }
        // Restarting at each byte would take 25 million steps.
        #expect(first < 1_500_000)
    }
}
