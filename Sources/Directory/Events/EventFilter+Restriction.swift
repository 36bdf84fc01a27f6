public import Text

/// Why the event filter of a token cannot be used.
public struct RestrictionError: Error, Sendable, Equatable {
    /// The reason, as a clause in lower case.
    public let reason: String
}

/// The filter of a token, in the store, in settings and in a claim of a JSON Web Token. It is read more
/// strictly than what a client asks for: whatever would make it match more than was meant is an error.
extension EventFilter {
    /// The most items of one token's filter.
    private static let itemLimit = 1000

    /// Makes the filter of a token. nil allows everything of a kind, and an empty list is an error.
    /// - Throws: `RestrictionError`.
    public init(restrictingTypes types: [String]?, labels: [String]?, cids: [String]?)
        throws(RestrictionError)
    {
        for (kind, items) in [("types", types), ("labels", labels), ("cids", cids)] {
            guard let items else { continue }
            guard !items.isEmpty, items.allSatisfy({ !$0.isEmpty }) else {
                throw RestrictionError(reason: "\(kind) is empty, or has an empty item")
            }
        }
        var known: [EventType] = []
        for name in types ?? [] {
            guard let type = EventType(name: name) else {
                throw RestrictionError(reason: "unknown event type '\(name.clipped(to: 64))'")
            }
            known.append(type)
        }
        guard (labels ?? []).allSatisfy({ $0.utf8.count <= Self.labelBytes }) else {
            throw RestrictionError(reason: "a label is longer than \(Self.labelBytes) bytes")
        }
        self.init(types: known, labels: labels ?? [], cids: cids ?? [])
        guard itemCount <= Self.itemLimit else {
            throw RestrictionError(reason: "there are more than \(Self.itemLimit) items")
        }
    }

    /// Reads `{"types":[…],"labels":[…],"cids":[…]}`; a kind that is missing allows everything.
    /// - Throws: `RestrictionError`, also for a member that is none of these.
    public init(restriction value: JSONValue) throws(RestrictionError) {
        guard let members = value.members else {
            throw RestrictionError(reason: "the filter is \(value.kind), and not an object")
        }
        var lists: [ExactString: [String]] = [:]
        for member in members {
            guard ["types", "labels", "cids"].contains(bytesOf: member.key) else {
                throw RestrictionError(
                    reason: "the filter has the unknown member '\(member.key.clipped(to: 64))'")
            }
            guard let items = member.value.array, items.count <= Self.itemLimit,
                items.allSatisfy({ !$0.string.isNil })
            else {
                throw RestrictionError(
                    reason: "\(member.key) is not a list of at most \(Self.itemLimit) strings")
            }
            lists[ExactString(member.key)] = items.compactMap(\.string)
        }
        try self.init(
            restrictingTypes: lists["types"], labels: lists["labels"], cids: lists["cids"])
    }

    /// The filter as `init(restriction:)` reads it. Only for filters that were not intersected.
    public var restrictionJSON: JSON {
        var members: [(String, JSON)] = []
        if let types { members.append(("types", .strings(types.types.map(\.shortName)))) }
        if !labels.isEmpty { members.append(("labels", .strings(labels))) }
        if !cids.isEmpty { members.append(("cids", .strings(cids))) }
        return .object(members)
    }
}
