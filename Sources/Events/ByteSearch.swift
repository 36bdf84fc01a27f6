/// A text to look for in others, by bytes: what "substring" means for labels.
public struct ByteSearch: Sendable {
    private let needle: [UInt8]

    public init(_ text: String) { needle = Array(text.utf8) }

    /// Whether the text occurs in `text`. An empty one occurs everywhere.
    public func occurs(in text: String) -> Bool {
        guard let first = needle.first else { return true }
        var text = text
        return text.withUTF8Span { span in
            let last = span.count - needle.count
            guard last >= 0 else { return false }
            for start in 0...last where span[start] == first {
                var length = 1
                while length < needle.count, span[start + length] == needle[length] { length += 1 }
                if length == needle.count { return true }
            }
            return false
        }
    }
}

extension String {
    fileprivate mutating func withUTF8Span<R>(_ body: (Span<UInt8>) -> R) -> R {
        makeContiguousUTF8()
        return body(utf8Span.span)
    }
}
