public import Events
internal import Text

/// Finds the filters that an event passes, at a cost that grows with what it finds and not with
/// what there is: cids are in a hash map, the texts to look for in labels in a trie, and types are
/// bits.
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
        var holders = 1
        /// Where the entry is in the list of each of its keys.
        var positions: [Int]
        /// The last event that found it, so that none finds it twice.
        var foundBy = 0

        init(_ id: FilterID, _ filter: EventFilter, _ labels: [Label]) {
            self.id = id
            self.filter = filter
            self.labels = labels
            let items = max(filter.cids.count, labels.count, filter.types?.types.count ?? 1)
            positions = [Int](repeating: 0, count: items)
        }
    }

    /// A text that filters look for in labels, and the last event in which it was found.
    private final class Label {
        let text: String
        /// Filters that name it, those with cids included.
        var holders = 0
        var list = List()
        var foundIn = 0

        init(_ text: String) { self.text = text }
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
    /// The filters that name neither label nor cid, by each type that they name.
    private var byType = [List](repeating: List(), count: EventType.allCases.count + 1)
    /// The filter that names nothing.
    private var plain = List()
    private var eventNumber = 0

    public init() {}

    /// How many distinct filters there are.
    public var count: Int { ids.count }

    /// The id of a filter that somebody holds.
    public func id(of filter: EventFilter) -> FilterID? { ids[filter] }

    /// Adds a holder of a filter.
    /// - Returns: the filter's id, the same for equal filters.
    public mutating func insert(_ filter: EventFilter) -> FilterID {
        if let id = ids[filter] {
            entries[id]?.holders += 1
            return id
        }
        let id = free.popLast() ?? entries.count
        if id == entries.count { entries.append(nil) }
        let entry = Entry(id, filter, filter.labels.map { hold($0) })
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

    /// Takes a holder away; with the last one the filter goes.
    /// - Returns: whether it went.
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
        for label in entry.labels {
            label.holders -= 1
            if label.holders == 0 { labels[label.text] = nil }
        }
        return true
    }

    /// Calls `found` once for each filter that `event` passes.
    /// - Returns: a measure of the work.
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
}
