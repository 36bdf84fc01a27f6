/// A text that is compared and hashed as bytes. Use it for keys, and to compare text from outside.
///
/// Hashing and comparing cost O(bytes) for every text.
public struct ExactString: Sendable, Hashable, Comparable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    /// The text.
    public let string: String

    /// Wraps a text.
    public init(_ string: String) { self.string = string }

    /// Wraps a literal.
    public init(stringLiteral value: StaticString) {
        string = value.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
    }

    /// Returns whether both texts have the same bytes.
    public static func == (a: ExactString, b: ExactString) -> Bool {
        a.string.hasBytes(of: b.string)
    }

    /// Returns whether the bytes of `a` precede those of `b`.
    public static func < (a: ExactString, b: ExactString) -> Bool {
        a.string.precedes(bytesOf: b.string)
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        let isHashed: Void? = string.utf8.withContiguousStorageIfAvailable {
            Self.hash($0, into: &hasher)
        }
        if isHashed == nil { Self.hash(Array(string.utf8), into: &hasher) }
        // So that two texts in a row do not hash like one.
        hasher.combine(string.utf8.count)
    }

    /// Hashes eight bytes at a time: single bytes cost five times as much.
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

    /// The text.
    public var description: String { string }
}
