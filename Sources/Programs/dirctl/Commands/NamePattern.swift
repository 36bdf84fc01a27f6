/// A name with the wildcards `*` and `?`, in any case of ASCII letters, as the gateway matches it.
/// For names with a comma, which a listing reads as two names.
struct NamePattern {
    private let pattern: [Unicode.Scalar]

    init(_ text: String) { pattern = text.unicodeScalars.map(Self.folded) }

    /// Returns whether the pattern matches the whole text.
    func matches(_ text: String) -> Bool {
        let text = text.unicodeScalars.map(Self.folded)
        var (place, index) = (0, 0)
        // The place of the last star, and the end of the text that it matches so far.
        var star: (place: Int, end: Int)?
        while index < text.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, index)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == text[index]
            {
                place += 1
                index += 1
            } else if let last = star {
                star = (last.place, last.end + 1)
                (place, index) = (last.place + 1, last.end + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }

    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value | 0x20)) : scalar
    }
}

/// A text as an item of a listing's query.
enum LiteralPattern {
    /// Replaces the characters that the gateway reads in another way by `?`: commas, which separate
    /// items, stars, and spaces at the ends. The result matches the text, and perhaps others.
    static func of(_ text: String) -> String {
        var scalars = Array(text.unicodeScalars)
        let isBlank = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
        let start = scalars.firstIndex { !isBlank($0) } ?? scalars.count
        let end = (scalars.lastIndex { !isBlank($0) } ?? -1) + 1
        for index in scalars.indices
        where index < start || index >= end || scalars[index] == "," || scalars[index] == "*" {
            scalars[index] = "?"
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// Replaces commas only, and keeps the wildcards.
    static func withoutCommas(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "," ? "?" : $0 }))
    }
}
