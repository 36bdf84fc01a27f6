internal import Text

/// Which events a subscriber wants: AND between the three kinds, OR inside a kind; a kind without
/// items lets everything pass.
public struct EventFilter: Sendable, Hashable {
    /// Nil lets every type pass.
    public var types: EventTypeSet?
    /// Case-sensitive substrings, each sought in each label of the event. Sorted, no doubles.
    public let labels: [String]
    /// Exact values of `resource_id`. Sorted, no doubles.
    public let cids: [String]

    /// Passes everything.
    public static let all = EventFilter()

    public init(types: some Sequence<EventType> = [], labels: [String] = [], cids: [String] = []) {
        let set = EventTypeSet(types)
        self.types = set.isEmpty ? nil : set
        self.labels = Self.canonical(labels)
        self.cids = Self.canonical(cids)
    }

    /// How many items there are, of all kinds.
    public var itemCount: Int { (types?.types.count ?? 0) + labels.count + cids.count }

    /// Whether the event passes: the definition, against which the index is tested.
    public func matches(_ event: Event) -> Bool {
        if let types, !types.contains(event.type) { return false }
        if !cids.isEmpty, !cids.contains(where: { $0.hasBytes(of: event.resourceID) }) {
            return false
        }
        return labels.isEmpty
            || labels.contains { label in
                event.labels.contains(where: ByteSearch(label).occurs)
            }
    }

    private static func canonical(_ items: [String]) -> [String] {
        // By bytes: two spellings of one character are two labels, as they are upstream.
        items.sortedByBytes().reduce(into: []) { unique, item in
            if unique.last?.hasBytes(of: item) != true { unique.append(item) }
        }
    }

    /// Equality by bytes, which `String` does not give.
    public static func == (a: EventFilter, b: EventFilter) -> Bool {
        a.types == b.types && equal(a.labels, b.labels) && equal(a.cids, b.cids)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(types)
        for list in [labels, cids] {
            hasher.combine(list.count)
            for item in list { hasher.combine(ExactString(item)) }
        }
    }

    private static func equal(_ a: [String], _ b: [String]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { $0.hasBytes(of: $1) }
    }
}
