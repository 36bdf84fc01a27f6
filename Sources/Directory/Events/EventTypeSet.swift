/// A set of event types as bits, so that a type filter is one test.
public struct EventTypeSet: OptionSet, Hashable, Sendable {
    /// One bit for each type.
    public let rawValue: UInt16

    /// Makes a set from its bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Makes the set with one type.
    public init(_ type: EventType) { rawValue = 1 << UInt16(type.rawValue) }

    /// Makes the set with these types.
    public init(_ types: some Sequence<EventType>) {
        rawValue = types.reduce(0) { $0 | EventTypeSet($1).rawValue }
    }

    /// Returns whether `type` is in the set.
    public func contains(_ type: EventType) -> Bool { contains(EventTypeSet(type)) }

    /// The types, in the order of their numbers.
    public var types: [EventType] { EventType.allCases.filter(contains) }
}
