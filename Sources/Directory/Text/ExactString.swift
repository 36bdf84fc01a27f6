/// A text that equals another when both are the same bytes: as a key, and wherever a stranger's text
/// is compared.
///
/// Hashing and comparing cost O(bytes), whatever the text is.
public struct ExactString: Sendable, Hashable, Comparable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    public let string: String

    public init(_ string: String) { self.string = string }

    public init(stringLiteral value: StaticString) {
        string = value.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
    }

    public static func == (a: ExactString, b: ExactString) -> Bool {
        a.string.hasBytes(of: b.string)
    }

    public static func < (a: ExactString, b: ExactString) -> Bool {
        a.string.utf8.lexicographicallyPrecedes(b.string.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        let isHashed: Void? = string.utf8.withContiguousStorageIfAvailable {
            Self.hash($0, into: &hasher)
        }
        if isHashed == nil { Self.hash(Array(string.utf8), into: &hasher) }
        // So that two texts after each other do not hash as one.
        hasher.combine(string.utf8.count)
    }

    /// Eight bytes at a time: byte by byte would cost five times as much.
    private static func hash(_ bytes: some RandomAccessCollection<UInt8>, into hasher: inout Hasher)
    {
        var word: UInt64 = 0
        var count = 0
        for byte in bytes {
            word = word << 8 | UInt64(byte)
            count += 1
            if count == 8 {
                hasher.combine(word)
                (word, count) = (0, 0)
            }
        }
        if count > 0 { hasher.combine(word) }
    }

    public var description: String { string }
}
