/// Searches for one text in others, by bytes. This defines "substring" for labels.
///
/// The cost is linear for every text of a client (Knuth, Morris and Pratt). With a plain search, the
/// text `aaaa…b` in `aaaa…` would block a loop.
public struct ByteSearch: Sendable {
    private let needle: [UInt8]
    /// For each length of a match that fails, the length of the longest match that may continue.
    private let fallback: [Int]

    /// Prepares the search for a text.
    public init(_ text: String) {
        let needle = Array(text.utf8)
        var fallback = [Int](repeating: 0, count: needle.count)
        var length = 0
        for index in needle.indices.dropFirst() {
            while length > 0, needle[index] != needle[length] { length = fallback[length - 1] }
            if needle[index] == needle[length] { length += 1 }
            fallback[index] = length
        }
        self.needle = needle
        self.fallback = fallback
    }

    /// Returns whether the text occurs in `text`. An empty text occurs everywhere.
    public func occurs(in text: String) -> Bool {
        guard let first = needle.first else { return true }
        guard text.utf8.count >= needle.count else { return false }
        return text.utf8.withContiguousStorageIfAvailable { occurs(in: $0, from: first) }
            ?? occurs(in: Array(text.utf8), from: first)
    }

    private func occurs(in text: some Collection<UInt8>, from first: UInt8) -> Bool {
        var length = 0
        for byte in text {
            // Nearly every byte ends here: it does not begin a match.
            if length == 0, byte != first { continue }
            while length > 0, byte != needle[length] { length = fallback[length - 1] }
            if byte == needle[length] { length += 1 }
            if length == needle.count { return true }
        }
        return false
    }
}
