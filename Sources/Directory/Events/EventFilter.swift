internal import Text

/// Which events a subscriber receives: AND between the three kinds, OR inside a kind. A kind without
/// items matches every event.
public struct EventFilter: Sendable, Hashable {
    /// The types; nil matches every type.
    public var types: EventTypeSet?
    /// Case-sensitive substrings of labels. Sorted, without duplicates.
    public let labels: [String]
    /// Further lists of substrings of labels: an event must match one item of `labels` and one of
    /// each of these. Only `intersection` makes them, because two lists of substrings cannot be
    /// merged into one. None of them is empty, and without `labels` there are none.
    public let furtherLabels: [[String]]
    /// Exact values of `resource_id`. Sorted, without duplicates.
    public let cids: [String]

    /// The filter that matches every event.
    public static let all = EventFilter()

    /// Makes a filter.
    public init(types: some Sequence<EventType> = [], labels: [String] = [], cids: [String] = []) {
        let set = EventTypeSet(types)
        self.types = set.isEmpty ? nil : set
        self.labels = Self.canonical(labels)
        furtherLabels = []
        self.cids = Self.canonical(cids)
    }

    /// Makes a filter from parts that are in their canonical form.
    init(types: EventTypeSet?, labelLists: [[String]], cids: [String]) {
        self.types = types
        labels = labelLists.first ?? []
        furtherLabels = Array(labelLists.dropFirst())
        self.cids = cids
    }

    /// The number of items of all kinds.
    public var itemCount: Int {
        (types?.types.count ?? 0) + labels.count + cids.count
            + furtherLabels.reduce(0) { $0 + $1.count }
    }

    /// Returns whether the event matches. This is the definition; the index is tested against it.
    public func matches(_ event: Event) -> Bool {
        if let types, !types.contains(event.type) { return false }
        if !cids.isEmpty, !cids.contains(where: { $0.hasBytes(of: event.resourceID) }) {
            return false
        }
        return labelLists.allSatisfy { list in
            list.contains { event.labels.contains(where: ByteSearch($0).occurs) }
        }
    }

    /// All lists of labels; none is empty.
    var labelLists: [[String]] { labels.isEmpty ? [] : [labels] + furtherLabels }

    private static func canonical(_ items: [String]) -> [String] {
        // By bytes: two encodings of one character are two labels, as upstream.
        items.sortedByBytes().reduce(into: []) { unique, item in
            if unique.last?.hasBytes(of: item) != true { unique.append(item) }
        }
    }

    /// Returns whether both have the same bytes; `String` would compare characters.
    public static func == (a: EventFilter, b: EventFilter) -> Bool {
        a.types == b.types && equal(a.labels, b.labels) && equal(a.cids, b.cids)
            && a.furtherLabels.count == b.furtherLabels.count
            && zip(a.furtherLabels, b.furtherLabels).allSatisfy(equal)
    }

    /// Hashes the bytes of the items.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(types)
        for list in [labels, cids] + furtherLabels {
            hasher.combine(list.count)
            for item in list { hasher.combine(ExactString(item)) }
        }
    }

    private static func equal(_ a: [String], _ b: [String]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { $0.hasBytes(of: $1) }
    }
}
