/// The media types of `Accept` and `Content-Type` (RFC 9110 §8.3, §12.5.1).
enum MediaType {
    /// Type and subtype in lower case, without parameters.
    static func essence(_ text: String) -> String {
        // What nearly every client sends has nothing to take off.
        let isPlain = text.utf8.allSatisfy {
            $0 > 0x20 && $0 != 0x3B && !(0x41...0x5A).contains($0)
        }
        if isPlain { return text }
        return essence(of: text)
    }

    private static func essence(of text: String) -> String {
        String((text.split(separator: ";").first ?? "").trimmed).lowercased()
    }

    /// The charset in lower case; nil when none is named.
    static func charset(_ text: String) -> String? {
        guard text.utf8.contains(0x3B) else { return nil }
        let parameters = text.split(separator: ";").dropFirst().map { $0.trimmed.lowercased() }
        return parameters.first { $0.hasPrefix("charset=") }
            .map { $0.dropFirst(8).filter { $0 != "\"" } }
    }

    /// Whether an `Accept` field names the type itself, not only by a wildcard.
    static func isNamed(_ type: String, in accept: String?) -> Bool {
        ranges(accept).contains { $0.range == type && $0.quality > 0 }
    }

    /// The one of `offers` that the client likes best; of equals, the first.
    /// - Returns: nil when it takes none of them.
    static func choose(_ offers: [String], accept: String?) -> String? {
        guard let accept else { return offers.first }
        // What nearly every client sends: one type and nothing else.
        if offers.contains(accept) { return accept }
        guard !accept.trimmed.isEmpty else { return offers.first }
        let ranges = ranges(accept)
        let rated = offers.map { (offer: $0, quality: quality($0, ranges)) }
        guard let best = rated.map(\.quality).max(), best > 0 else { return nil }
        return rated.first { $0.quality == best }?.offer
    }

    private typealias Range = (range: String, quality: Double)

    private static func ranges(_ accept: String?) -> [Range] {
        (accept ?? "").split(separator: ",").map { part in
            let parameters = part.split(separator: ";").dropFirst().map { $0.trimmed.lowercased() }
            let weight = parameters.first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
            return (essence(String(part)), weight ?? 1)
        }
    }

    /// The most specific range that covers the type decides.
    private static func quality(_ type: String, _ ranges: [Range]) -> Double {
        let family = type.prefix { $0 != "/" } + "/*"
        for candidate in [type, String(family), "*/*"] {
            if let match = ranges.first(where: { $0.range == candidate }) { return match.quality }
        }
        return 0
    }
}
