import EventHub
import Events
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
        var random = SystemRandomNumberGenerator()
        var index = SubscriptionIndex()
        var held: [(id: Int, filter: EventFilter)] = []
        for _ in 0..<1500 {
            if held.isEmpty || Int.random(in: 0...2, using: &random) > 0 {
                let filter = randomFilter(&random)
                held.append((index.insert(filter), filter))
            } else {
                let place = Int.random(in: held.indices, using: &random)
                index.remove(held.remove(at: place).id)
            }
            let event = randomEvent(&random)
            var found: [Int] = []
            index.match(event) { found.append($0) }
            let expected = Set(held.filter { $0.filter.matches(event) }.map(\.id))
            #expect(Set(found) == expected)
            #expect(found.count == expected.count, "no filter is found twice")
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
}
