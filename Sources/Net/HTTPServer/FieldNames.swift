internal import HTTPTypes

/// The names of the fields that most requests have. Making a name checks it and lowers its case, which
/// costs more than the rest of a field: these are made once.
enum FieldNames {
    /// Returns a known name, in any case; nil for other names.
    static func known(_ bytes: ArraySlice<UInt8>) -> HTTPField.Name? {
        guard bytes.count < byLength.count else { return nil }
        for (text, name) in byLength[bytes.count] where ByteRules.matches(bytes, text) {
            return name
        }
        return nil
    }

    private static let byLength: [[(StaticString, HTTPField.Name)]] = {
        let names: [(StaticString, HTTPField.Name?)] = [
            ("host", HTTPField.Name("Host")), ("accept", .accept), ("cookie", .cookie),
            ("origin", .origin), ("referer", .referer), ("user-agent", .userAgent),
            ("connection", .connection), ("content-type", .contentType),
            ("authorization", .authorization), ("cache-control", .cacheControl),
            ("content-length", .contentLength), ("accept-encoding", .acceptEncoding),
            ("accept-language", .acceptLanguage), ("transfer-encoding", .transferEncoding),
        ]
        var table = [[(StaticString, HTTPField.Name)]](repeating: [], count: 18)
        for case (let text, let name?) in names {
            table[text.utf8CodeUnitCount].append((text, name))
        }
        return table
    }()
}
