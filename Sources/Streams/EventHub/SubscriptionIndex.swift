public import Events
internal import Text

/// Finds the filters that match an event. The cost grows with the number of matches and not with
/// the number of filters: cids are in a hash map, texts of labels in a trie, and types are bits.
///
/// Equal filters share one entry. Adding and removing cost O(items of the filter). Pure; belongs
/// to one loop.
public struct SubscriptionIndex {
    /// Identifies a filter for as long as a subscriber holds it.
    public typealias FilterID = Int

    private final class Entry {
        let id: FilterID
        let filter: EventFilter
        let labels: [Label]
        /// The further lists of labels; nearly always none.
        let further: [LabelList]
        /// How many subscribers have this filter.
        var holders = 1
        /// The position of the entry in the list of each of its keys.
        var positions: [Int]
        /// The number of the last event that found it, so that an event finds it once.
        var foundBy = 0

        init(
            _ id: FilterID, _ filter: EventFilter, _ labels: [Label], _ further: [LabelList]
        ) {
            self.id = id
            self.filter = filter
            self.labels = labels
            self.further = further
            let items = max(filter.cids.count, labels.count, filter.types?.types.count ?? 1)
            positions = [Int](repeating: 0, count: items)
        }
    }

    /// A text that filters search for in labels.
    private final class Label {
        let text: String
        /// How many filters name it, including filters that also name cids.
        var holders = 0
        var list = List()
        /// The number of the last event in which it was found.
        var foundIn = 0

        init(_ text: String) { self.text = text }
    }

    /// A further list of labels. Filters with an equal list share it, so that it is compared with
    /// an event once, however many streams a token has.
    private final class LabelList {
        let key: [ExactString]
        let labels: [Label]
        /// How many filters have it.
        var holders = 0
        /// The number of the last event that it was compared with, and whether that matched.
        private var comparedWith = 0
        private var isMatch = false

        init(_ key: [ExactString], _ labels: [Label]) {
            self.key = key
            self.labels = labels
        }

        func matches(_ eventNumber: Int) -> Bool {
            if comparedWith != eventNumber {
                comparedWith = eventNumber
                isMatch = labels.contains { $0.foundIn == eventNumber }
            }
            return isMatch
        }
    }

    /// Entries that share a key, with removal in O(1).
    private struct List {
        var members: [(entry: Entry, item: Int)] = []

        mutating func append(_ entry: Entry, item: Int) {
            entry.positions[item] = members.count
            members.append((entry, item))
        }

        mutating func remove(_ entry: Entry, item: Int) {
            let position = entry.positions[item]
            let last = members.removeLast()
            guard position < members.count else { return }
            members[position] = last
            last.entry.positions[last.item] = position
        }
    }

    private var entries: [Entry?] = []
    private var free: [FilterID] = []
    private var ids: [EventFilter: FilterID] = [:]
    private var byCID: [ExactString: List] = [:]
    private var labels = LabelTrie<Label>()
    private var furtherLists: [[ExactString]: LabelList] = [:]
    /// The filters that name neither labels nor cids, by each type that they name.
    private var byType = [List](repeating: List(), count: EventType.allCases.count + 1)
    /// The filter without any items.
    private var plain = List()
    private var eventNumber = 0

    /// Makes an empty index.
    public init() {}

    /// How many distinct filters there are.
    public var count: Int { ids.count }

    /// Returns the id of a filter, or nil if it is not in the index.
    public func id(of filter: EventFilter) -> FilterID? { ids[filter] }

    /// Adds a filter, or counts one more holder of an equal one.
    /// - Returns: the filter's id, which equal filters share.
    public mutating func insert(_ filter: EventFilter) -> FilterID {
        if let id = ids[filter] {
            entries[id]?.holders += 1
            return id
        }
        let id = free.popLast() ?? entries.count
        if id == entries.count { entries.append(nil) }
        let entry = Entry(
            id, filter, filter.labels.map { hold($0) }, filter.furtherLabels.map { hold($0) })
        entries[id] = entry
        ids[filter] = id
        if !filter.cids.isEmpty {
            for (item, cid) in filter.cids.enumerated() {
                byCID[ExactString(cid), default: List()].append(entry, item: item)
            }
        } else if !entry.labels.isEmpty {
            for (item, label) in entry.labels.enumerated() { label.list.append(entry, item: item) }
        } else if let types = filter.types {
            for (item, type) in types.types.enumerated() {
                byType[type.rawValue].append(entry, item: item)
            }
        } else {
            plain.append(entry, item: 0)
        }
        return id
    }

    /// Removes one holder of a filter, and the filter with its last holder.
    /// - Returns: whether the filter was removed.
    @discardableResult
    public mutating func remove(_ id: FilterID) -> Bool {
        guard let entry = entries[id] else { return false }
        entry.holders -= 1
        guard entry.holders == 0 else { return false }
        entries[id] = nil
        ids[entry.filter] = nil
        free.append(id)
        if !entry.filter.cids.isEmpty {
            for (item, cid) in entry.filter.cids.enumerated() {
                byCID[ExactString(cid)]?.remove(entry, item: item)
                if byCID[ExactString(cid)]?.members.isEmpty == true {
                    byCID[ExactString(cid)] = nil
                }
            }
        } else if !entry.labels.isEmpty {
            for (item, label) in entry.labels.enumerated() { label.list.remove(entry, item: item) }
        } else if let types = entry.filter.types {
            for (item, type) in types.types.enumerated() {
                byType[type.rawValue].remove(entry, item: item)
            }
        } else {
            plain.remove(entry, item: 0)
        }
        release(entry.labels)
        for list in entry.further {
            list.holders -= 1
            guard list.holders == 0 else { continue }
            furtherLists[list.key] = nil
            release(list.labels)
        }
        return true
    }

    /// Calls `found` once for each filter that matches `event`.
    /// - Returns: the number of steps of the search in the labels.
    @discardableResult
    public mutating func match(_ event: Event, _ found: (FilterID) -> Void) -> Int {
        eventNumber += 1
        var (hits, steps): ([Label], Int) = ([], 1)
        if !labels.isEmpty {
            for text in event.labels {
                steps += labels.search(text) { label in
                    guard label.foundIn != eventNumber else { return }
                    label.foundIn = eventNumber
                    hits.append(label)
                }
            }
        }
        for (entry, _) in plain.members { check(entry, event, found) }
        for (entry, _) in byType[event.type.rawValue].members { check(entry, event, found) }
        if !byCID.isEmpty, let list = byCID[ExactString(event.resourceID)] {
            for (entry, _) in list.members { check(entry, event, found) }
        }
        for label in hits {
            for (entry, _) in label.list.members { check(entry, event, found) }
        }
        return steps
    }

    private func check(_ entry: Entry, _ event: Event, _ found: (FilterID) -> Void) {
        guard entry.foundBy != eventNumber else { return }
        if let types = entry.filter.types, !types.contains(event.type) { return }
        guard entry.labels.isEmpty || entry.labels.contains(where: { $0.foundIn == eventNumber })
        else { return }
        guard entry.further.isEmpty || entry.further.allSatisfy({ $0.matches(eventNumber) })
        else { return }
        entry.foundBy = eventNumber
        found(entry.id)
    }

    private mutating func hold(_ text: String) -> Label {
        let label: Label
        if let known = labels[text] {
            label = known
        } else {
            label = Label(text)
            labels[text] = label
        }
        label.holders += 1
        return label
    }

    private mutating func hold(_ texts: [String]) -> LabelList {
        let key = texts.map(ExactString.init)
        let list = furtherLists[key] ?? LabelList(key, texts.map { hold($0) })
        furtherLists[key] = list
        list.holders += 1
        return list
    }

    private mutating func release(_ released: [Label]) {
        for label in released {
            label.holders -= 1
            if label.holders == 0 { labels[label.text] = nil }
        }
    }
}
