internal import Text

/// Why a filter cannot be read.
public enum EventFilterError: Error, Equatable {
    /// There is no event type of this name.
    case unknownType(String)
    /// The filter has more items than `limit`.
    case tooManyItems(limit: Int)
    /// A label item has more than `limit` bytes.
    case tooLongLabel(limit: Int)
}

extension EventFilter {
    /// Reads the values of the three query parameters. Each is a comma-separated list and may be
    /// repeated. Spaces around items and empty items are ignored.
    /// - Parameter limit: the most items of all kinds.
    public init(types: [String], labels: [String], cids: [String], limit: Int)
        throws(EventFilterError)
    {
        var known: [EventType] = []
        for name in types.commaSeparated {
            guard let type = EventType(name: name) else { throw .unknownType(name) }
            known.append(type)
        }
        self.init(types: known, labels: labels.commaSeparated, cids: cids.commaSeparated)
        guard itemCount <= limit else { throw .tooManyItems(limit: limit) }
        guard self.labels.allSatisfy({ $0.utf8.count <= Self.labelBytes }) else {
            throw .tooLongLabel(limit: Self.labelBytes)
        }
    }

    /// The most bytes of one label item, because it is compared at each place of each label.
    static let labelBytes = 256
}
