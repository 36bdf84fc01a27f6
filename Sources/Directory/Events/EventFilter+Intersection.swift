internal import Text

extension EventFilter {
    /// The filter that matches no event.
    public static let none = EventFilter(types: [], labelLists: [], cids: [])

    /// Whether the filter can match no event: two filters that exclude each other were intersected.
    public var isNone: Bool { types?.isEmpty ?? false }

    /// Returns the filter that matches exactly the events that both filters match: what a client asks
    /// for, within what its token allows.
    ///
    /// Types and cids are intersected here. Two lists of labels are kept beside each other, unless
    /// one makes the other unnecessary.
    public func intersection(_ other: EventFilter) -> EventFilter {
        let types = Self.common(self.types, other.types)
        let cids = Self.common(self.cids, other.cids)
        guard let cids, types?.isEmpty != true else { return .none }
        var lists = labelLists
        for list in other.labelLists where !lists.contains(where: { Self.implies($0, list) }) {
            lists.removeAll { Self.implies(list, $0) }
            lists.append(list)
        }
        return EventFilter(types: types, labelLists: lists, cids: cids)
    }

    private static func common(_ a: EventTypeSet?, _ b: EventTypeSet?) -> EventTypeSet? {
        guard let a, let b else { return a ?? b }
        return a.intersection(b)
    }

    /// Returns the cids that both lists allow; nil when no cid is left. Both are sorted by bytes.
    private static func common(_ a: [String], _ b: [String]) -> [String]? {
        if a.isEmpty || b.isEmpty { return a + b }
        var common: [String] = []
        var (first, second) = (a[...], b[...])
        while let left = first.first, let right = second.first {
            if left.hasBytes(of: right) {
                common.append(left)
                first.removeFirst()
                second.removeFirst()
            } else if left.utf8.lexicographicallyPrecedes(right.utf8) {
                first.removeFirst()
            } else {
                second.removeFirst()
            }
        }
        return common.isEmpty ? nil : common
    }

    /// The most comparisons of two lists, a millisecond: longer lists are simply kept both.
    private static let comparisonLimit = 1024

    /// Returns whether an event that matches `list` always matches `other` too, because each item of
    /// `list` contains an item of `other`.
    private static func implies(_ list: [String], _ other: [String]) -> Bool {
        guard list.count * other.count <= comparisonLimit else { return false }
        let searches = other.map(ByteSearch.init)
        return list.allSatisfy { item in searches.contains { $0.occurs(in: item) } }
    }
}
