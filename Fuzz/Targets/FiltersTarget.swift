import EventHub
import Events
import Text

/// Checks that the index finds exactly the filters that an event passes. Each line of the input is a
/// step: `+TYPES;LABELS;CIDS` subscribes, `&TYPES;LABELS;CIDS` subscribes to what this filter and the last
/// one both match, `-` ends a subscription (its number is how many characters
/// follow), and
/// `TYPE;LABELS;RESOURCE` is an event.
func checkFilters(_ input: [UInt8]) throws {
    var index = SubscriptionIndex()
    var held: [(id: SubscriptionIndex.FilterID, filter: EventFilter)] = []
    for line in fields(input, limit: 60) {
        switch line.utf8.first {
        case UInt8(ascii: "+"), UInt8(ascii: "&"):
            let parts = parts(String(line.unicodeScalars.dropFirst()))
            var filter = EventFilter(
                types: parts[0].compactMap(EventType.init(name:)), labels: parts[1], cids: parts[2])
            if line.utf8.first == UInt8(ascii: "&"), let last = held.last?.filter {
                filter = last.intersection(filter)
            }
            let id = index.insert(filter)
            try require(
                held.allSatisfy { ($0.id == id) == ($0.filter == filter) }, "an id of two filters")
            held.append((id, filter))
        case UInt8(ascii: "-"):
            guard !held.isEmpty else { continue }
            let number = (line.unicodeScalars.count - 1) % held.count
            let (id, _) = held.remove(at: number)
            let isLast = !held.contains { $0.id == id }
            try require(index.remove(id) == isLast, "a filter that did not go with its holders")
        default: try match(&index, held, event(parts(line)))
        }
    }
    try require(index.count == Set(held.map(\.id)).count, "\(index.count) filters")
}

private func match(
    _ index: inout SubscriptionIndex,
    _ held: [(id: SubscriptionIndex.FilterID, filter: EventFilter)], _ event: Event
) throws {
    var found: [SubscriptionIndex.FilterID] = []
    index.match(event) { found.append($0) }
    let expected = Set(held.filter { $0.filter.matches(event) }.map(\.id))
    try require(Set(found) == expected, "found \(found), expected \(expected), for \(event)")
    try require(found.count == expected.count, "a filter that was found twice")
}

/// Returns three lists, whatever is missing.
private func parts(_ line: String) -> [[String]] {
    let lists = line.fields(on: UInt8(ascii: ";"), limit: 2).map { $0.split(on: UInt8(ascii: ",")) }
    return lists + Array(repeating: [], count: 3 - lists.count)
}

private func event(_ parts: [[String]]) -> Event {
    var ids = EventIDSequence()
    var generator = SystemRandomNumberGenerator()
    return Event(
        id: ids.next(now: 0, random: &generator),
        type: parts[0].first.flatMap(EventType.init(name:)) ?? .recordPushed, timestamp: 0,
        resourceID: parts[2].first ?? "", labels: parts[1])
}
