internal import Text

/// A filter that cannot be read.
public enum EventFilterError: Error, Equatable {
    /// There is no event type of this name.
    case unknownType(String)
    /// More items than one subscription may have.
    case tooManyItems(limit: Int)
    /// A label item longer than this many bytes.
    case tooLongLabel(limit: Int)
}

extension EventFilter {
    /// Reads the values of the three query parameters: each a comma-separated list, each perhaps
    /// repeated. Blanks around items and empty items do not count.
    public init(types: [String], labels: [String], cids: [String], limit: Int)
        throws(EventFilterError)
    {
        var known: [EventType] = []
        for name in Self.items(types) {
            guard let type = EventType(name: name) else { throw .unknownType(name) }
            known.append(type)
        }
        self.init(types: known, labels: Self.items(labels), cids: Self.items(cids))
        guard itemCount <= limit else { throw .tooManyItems(limit: limit) }
        guard self.labels.allSatisfy({ $0.utf8.count <= Self.labelBytes }) else {
            throw .tooLongLabel(limit: Self.labelBytes)
        }
    }

    /// The most bytes of one label item: what is sought at each place of each label.
    private static let labelBytes = 256

    private static func items(_ values: [String]) -> [String] {
        values.flatMap { $0.split(on: UInt8(ascii: ",")) }.map(\.trimmedASCII)
            .filter { !$0.isEmpty }
    }
}
