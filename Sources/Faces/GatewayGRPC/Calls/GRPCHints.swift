package import HTTPTypes
internal import Text

/// What a gateway asks of another one beyond the Directory's interface: each is a field of the request
/// with the value 1, and other servers ignore it.
package struct GRPCHints: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `Listen` tells of dropped events and of resets.
    package static let notices = GRPCHints(rawValue: 1)
    /// `Lookup` tells more of a record (`RecordDetails`).
    package static let details = GRPCHints(rawValue: 2)
    /// `Pull` is only a look, and emits nothing.
    package static let peek = GRPCHints(rawValue: 4)

    private static let names: [(GRPCHints, HTTPField.Name?)] = [
        (.notices, HTTPField.Name("directory-notices")),
        (.details, HTTPField.Name("directory-details")),
        (.peek, HTTPField.Name("directory-peek")),
    ]

    /// Reads the header of a request.
    package init(_ fields: HTTPFields) {
        self = []
        for field in fields where field.value.hasBytes(of: "1") {
            for (hint, name) in Self.names where name == field.name { insert(hint) }
        }
    }

    /// The fields of a request.
    package var fields: HTTPFields {
        var fields: HTTPFields = [:]
        for (hint, name) in Self.names where contains(hint) {
            if let name { fields[name] = "1" }
        }
        return fields
    }
}
