/// A set of event types as bits, so that a type filter is one test.
public struct EventTypeSet: OptionSet, Hashable, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The set with this one type.
    public init(_ type: EventType) { rawValue = 1 << UInt16(type.rawValue) }

    /// The set with these types.
    public init(_ types: some Sequence<EventType>) {
        rawValue = types.reduce(0) { $0 | EventTypeSet($1).rawValue }
    }

    /// Whether `type` is in the set.
    public func contains(_ type: EventType) -> Bool { contains(EventTypeSet(type)) }

    /// The types, by number.
    public var types: [EventType] { EventType.allCases.filter(contains) }
}
