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
