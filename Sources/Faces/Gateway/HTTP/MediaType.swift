internal import Text

/// The media types of `Accept` and `Content-Type` (RFC 9110 §8.3, §12.5.1), by ASCII rules.
enum MediaType {
    /// Returns type and subtype in lower case, without parameters.
    static func essence(_ text: String) -> String {
        // Nearly every client sends a plain type.
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x3B && !ASCII.isUpper($0) }
        if isPlain { return text }
        return text.fields(on: semicolon, limit: 1)[0].trimmedASCII.lowercasedASCII
    }

    /// Returns the charset in lower case; nil when none is named.
    static func charset(_ text: String) -> String? {
        guard text.utf8.contains(semicolon) else { return nil }
        return parameter("charset=", text).map { value in
            String(decoding: value.utf8.filter { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
        }
    }

    /// Returns whether an `Accept` field names the type itself, not only by a wildcard.
    static func isNamed(_ type: String, in accept: String?) -> Bool {
        ranges(accept).contains { $0.range.hasBytes(of: type) && $0.quality > 0 }
    }

    /// Returns the one of `offers` that the client prefers; of equals, the first.
    /// - Returns: nil when it accepts none of them.
    static func choose(_ offers: [String], accept: String?) -> String? {
        guard let accept else { return offers.first }
        // Nearly every client sends exactly one type.
        if offers.contains(bytesOf: accept) { return accept }
        guard !accept.trimmedASCII.isEmpty else { return offers.first }
        let ranges = ranges(accept)
        let rated = offers.map { (offer: $0, quality: quality($0, ranges)) }
        guard let best = rated.map(\.quality).max(), best > 0 else { return nil }
        return rated.first { $0.quality == best }?.offer
    }

    private typealias Range = (range: String, quality: Double)

    private static let semicolon = UInt8(ascii: ";")

    private static func ranges(_ accept: String?) -> [Range] {
        (accept ?? "").split(on: UInt8(ascii: ",")).map { part in
            (essence(part), parameter("q=", part).map(weight) ?? 1)
        }
    }

    /// Reads a weight (RFC 9110 §12.4.2), from 0 to 1; an invalid weight, such as `nan`, counts as 1.
    private static func weight(_ text: String) -> Double {
        guard text.utf8.allSatisfy({ ASCII.isDigit($0) || $0 == UInt8(ascii: ".") }),
            let weight = Double(text)
        else { return 1 }
        return min(weight, 1)
    }

    /// Returns the value of the first parameter that begins with `name`, in lower case.
    private static func parameter(_ name: String, _ text: String) -> String? {
        let parameters = text.fields(on: semicolon).dropFirst().map(\.trimmedASCII.lowercasedASCII)
        return parameters.first { $0.hasBytePrefix(name) }
            .map { String(Substring($0.utf8.dropFirst(name.utf8.count))) }
    }

    /// Returns the weight of the most specific range that matches the type.
    private static func quality(_ type: String, _ ranges: [Range]) -> Double {
        let family = type.fields(on: UInt8(ascii: "/"))[0] + "/*"
        for candidate in [type, family, "*/*"] {
            if let match = ranges.first(where: { $0.range.hasBytes(of: candidate) }) {
                return match.quality
            }
        }
        return 0
    }
}
