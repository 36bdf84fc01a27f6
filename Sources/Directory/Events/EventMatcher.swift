package import Text

/// Filters, prepared for many events of a log: an event matches when each filter matches it.
/// Matching costs O(bytes of the event), however many items the filters have.
public struct EventMatcher: Sendable {
    /// The types that match; nil matches every type.
    package let types: EventTypeSet?
    /// The values of `resource_id` that match; nil matches every value.
    package let cids: [String]?
    private let cidSet: Set<ExactString>
    private let labels: [SubstringSet]

    /// Matches every event.
    public static let all = EventMatcher([])

    /// Prepares filters.
    public init(_ filters: [EventFilter]) {
        types = filters.compactMap(\.types).reduce(nil) { all, types in
            all?.intersection(types) ?? types
        }
        let sets = filters.map(\.cids).filter { !$0.isEmpty }.map {
            Set($0.map { ExactString($0) })
        }
        let common = sets.dropFirst().reduce(sets.first ?? []) { $0.intersection($1) }
        cids = sets.isEmpty ? nil : common.map(\.string)
        cidSet = common
        // All lists of each: an intersection has several.
        labels = filters.flatMap(\.labelLists).map { SubstringSet($0) }
    }

    /// Prepares a filter.
    public init(_ filter: EventFilter) { self.init([filter]) }

    /// Returns whether the event matches.
    public func matches(_ event: Event) -> Bool {
        matches(event.type, event.resourceID)
            && matchesLabels { set in
                event.labels.contains { set.occurs(in: $0.utf8) }
            }
    }

    /// Returns whether an event of this type and resource matches, if its labels do.
    package func matches(_ type: EventType, _ resourceID: String) -> Bool {
        if let types, !types.contains(type) { return false }
        return cids.isNil || cidSet.contains(ExactString(resourceID))
    }

    /// Returns whether the labels match.
    /// - Parameter occurs: returns whether one of the texts of a filter occurs in one of the
    ///   labels.
    package func matchesLabels(_ occurs: (SubstringSet) -> Bool) -> Bool {
        labels.allSatisfy(occurs)
    }
}
