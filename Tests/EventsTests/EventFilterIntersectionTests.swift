import Events
import TestSupport
import Testing

@Suite struct EventFilterIntersectionTests {
    private static let words = ["AI", "/skills/", "/skills/AI", "é", "e\u{301}", "A", ""]

    private func filter(_ random: inout some RandomNumberGenerator) -> EventFilter {
        func some<T>(_ all: [T], _ most: Int) -> [T] {
            Array(all.shuffled(using: &random).prefix(Int.random(in: 0...most, using: &random)))
        }
        return EventFilter(
            types: some(Array(EventType.allCases.prefix(4)), 3), labels: some(Self.words, 2),
            cids: some(["c1", "c2", "c3"], 2))
    }

    private func event(_ random: inout some RandomNumberGenerator) -> Event {
        let labels = ["/skills/AI", "/skills/é", "e\u{301}A", "x", "AI"]
            .filter { _ in Bool.random(using: &random) }
        var ids = EventIDSequence()
        return Event(
            EventDraft(
                EventType.allCases.prefix(4).randomElement(using: &random) ?? .recordPushed,
                ["c1", "c2", "c3", "c4"].randomElement(using: &random) ?? "c1", labels: labels),
            id: ids.next(now: 0, random: &random), timestamp: 0)
    }

    @Test func `the intersection matches exactly what all its filters match`() {
        let seed = testSeed()
        var random = Seeded(seed: seed)
        for _ in 0..<2000 {
            let parts = (0..<3).map { _ in filter(&random) }
            let all = parts.reduce(EventFilter.all) { $0.intersection($1) }
            // What readers of the event log use.
            let (matcher, each) = (EventMatcher(all), EventMatcher(parts))
            for _ in 0..<5 {
                let event = event(&random)
                #expect(
                    all.matches(event) == parts.allSatisfy { $0.matches(event) },
                    "seed \(seed): \(parts), \(event.type) \(event.resourceID) \(event.labels)")
                #expect(matcher.matches(event) == all.matches(event), "seed \(seed): \(all)")
                #expect(each.matches(event) == all.matches(event), "seed \(seed): \(parts)")
            }
        }
    }

    @Test func `types and cids are intersected, and filters that exclude each other match nothing`()
    {
        let asked = EventFilter(types: [.recordPushed, .recordPulled], cids: ["a", "b", "c"])
        let token = EventFilter(types: [.recordPulled, .syncFailed], cids: ["b", "c", "d"])
        #expect(
            asked.intersection(token) == EventFilter(types: [.recordPulled], cids: ["b", "c"]))
        #expect(asked.intersection(EventFilter(cids: ["x"])) == .none)
        #expect(asked.intersection(EventFilter(types: [.syncFailed])).isNone)
        #expect(EventFilter.all.intersection(.none).isNone)
        #expect(!EventFilter.all.isNone)
        #expect(asked.intersection(.all) == asked)
        #expect(EventFilter.all.intersection(asked) == asked)
    }

    @Test func `a list of labels is left out where the other one makes it unnecessary`() {
        let narrow = EventFilter(labels: ["/skills/AI/vision", "/skills/AI/text"])
        let wide = EventFilter(labels: ["/skills/AI", "/domains"])
        #expect(narrow.intersection(wide) == narrow)
        #expect(wide.intersection(narrow) == narrow)
        #expect(wide.intersection(wide) == wide)
        let other = EventFilter(labels: ["research"])
        let both = wide.intersection(other)
        #expect(both.labels == wide.labels)
        #expect(both.furtherLabels == [["research"]])
        #expect(both.itemCount == 3)
        #expect(both != wide)
        #expect(both.intersection(other) == both)
    }

    @Test func `the cost of an intersection does not grow with the square of long lists`() {
        let texts = (0..<1000).map { String(repeating: "a", count: 250) + "\($0)" }
        let clock = ContinuousClock()
        let time = clock.measure {
            let both = EventFilter(labels: texts).intersection(
                EventFilter(labels: texts.map { "b" + $0 }))
            #expect(both.itemCount == 2000)
        }
        #expect(time < .seconds(1))
    }
}
