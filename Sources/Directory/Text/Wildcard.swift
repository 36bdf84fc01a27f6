/// A pattern, as in upstream's search: `*` matches any number of characters and `?` one code point.
/// The case of ASCII letters does not matter.
///
/// The cost of a match is at most the product of the two lengths.
public struct Wildcard: Sendable {
    private let pattern: [UInt8]
    /// Whether the pattern has a `*` or a `?`.
    public let isPattern: Bool

    /// The length of the pattern in bytes.
    public var byteCount: Int { pattern.count }

    /// Reads a pattern.
    public init(_ text: String) {
        pattern = text.utf8.map(ASCII.lowercased)
        isPattern = pattern.contains(UInt8(ascii: "*")) || pattern.contains(UInt8(ascii: "?"))
    }

    /// Returns whether the pattern matches the whole `text`.
    public func matches(_ text: String) -> Bool {
        let text = text.utf8.map(ASCII.lowercased)
        var (position, place) = (0, 0)
        /// The place after the last star, and the end of its run so far.
        var retry: (pattern: Int, text: Int)?
        while position < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                place += 1
                retry = (place, position)
            } else if place < pattern.count, pattern[place] == UInt8(ascii: "?") {
                place += 1
                position = Self.afterCodePoint(text, position)
            } else if place < pattern.count, pattern[place] == text[position] {
                place += 1
                position += 1
            } else if let last = retry {
                let end = Self.afterCodePoint(text, last.text)
                retry = (last.pattern, end)
                (place, position) = (last.pattern, end)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private static func afterCodePoint(_ text: [UInt8], _ position: Int) -> Int {
        var end = position + 1
        while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
        return end
    }
}
