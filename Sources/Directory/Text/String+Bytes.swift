// Comparing, splitting and measuring text as bytes.
//
// `==`, `hash`, `contains`, `split`, `hasPrefix`, `lowercased` and `count` of `String` work on
// characters in their normal form (Unicode Standard Annex 15). Putting the combining marks of one
// character in order costs the square of their number, so a client could keep a thread busy for
// minutes with some kilobytes; and two different encodings of one character count as the same
// text. So text from outside is handled with the functions below, and `scripts/check-strings` proves
// it.

extension String {
    /// Returns whether two texts are the same bytes.
    public func hasBytes(of other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let answer = utf8.withContiguousStorageIfAvailable { bytes in
            other.utf8.withContiguousStorageIfAvailable { others in
                // To the end in any case: so the compiler compares many bytes at a time.
                var difference: UInt8 = 0
                for index in bytes.indices { difference |= bytes[index] ^ others[index] }
                return difference == 0
            }
        }
        return (answer ?? nil) ?? utf8.elementsEqual(other.utf8)
    }

    /// Returns whether the bytes of this text come before those of another one.
    public func precedes(bytesOf other: String) -> Bool {
        let answer = utf8.withContiguousStorageIfAvailable { bytes in
            other.utf8.withContiguousStorageIfAvailable { others in
                for index in 0..<min(bytes.count, others.count)
                where bytes[index] != others[index] {
                    return bytes[index] < others[index]
                }
                return bytes.count < others.count
            }
        }
        return (answer ?? nil) ?? utf8.lexicographicallyPrecedes(other.utf8)
    }

    /// Returns whether the text begins with the bytes of `prefix`.
    public func hasBytePrefix(_ prefix: String) -> Bool { utf8.starts(with: prefix.utf8) }

    /// Returns whether the text ends with the bytes of `suffix`.
    public func hasByteSuffix(_ suffix: String) -> Bool {
        utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    /// Returns the parts between the separators, without the empty ones.
    /// - Parameter separator: an ASCII byte, which is never a part of a longer character.
    public func split(on separator: UInt8) -> [String] {
        utf8.split(separator: separator).map { String(Substring($0)) }
    }

    /// Returns all parts between the separators, the empty ones too.
    /// - Parameters:
    ///   - separator: an ASCII byte, which is never a part of a longer character.
    ///   - limit: the most separators; the text after the last of them is one part.
    public func fields(on separator: UInt8, limit: Int = .max) -> [String] {
        utf8.split(separator: separator, maxSplits: limit, omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
    }

    /// The text without spaces, tabs and line ends at both ends.
    public var trimmedASCII: String {
        let bytes = utf8
        guard let start = bytes.firstIndex(where: { !ASCII.isSpace($0) }),
            let last = bytes.lastIndex(where: { !ASCII.isSpace($0) })
        else { return "" }
        return String(Substring(bytes[start...last]))
    }

    /// The text with `A`–`Z` in lower case; other characters do not change.
    public var lowercasedASCII: String {
        guard utf8.contains(where: ASCII.isUpper) else { return self }
        return String(decoding: utf8.map(ASCII.lowercased), as: UTF8.self)
    }

    /// Returns whether two texts are the same, ignoring the case of `A`–`Z`.
    public func equalsIgnoringASCIICase(_ other: String) -> Bool {
        utf8.count == other.utf8.count
            && zip(utf8, other.utf8).allSatisfy { ASCII.lowercased($0) == ASCII.lowercased($1) }
    }

    /// The length as JSON Schema and Go measure it: Unicode code points.
    public var codePointCount: Int { unicodeScalars.count }

    /// Returns the first `bytes` bytes at most, with an ellipsis if the text is longer; for messages.
    public func clipped(to bytes: Int) -> String {
        guard utf8.count > bytes else { return self }
        // Up to the last whole code point.
        var head = utf8.prefix(max(0, bytes))
        while let last = head.last, last & 0xC0 == 0x80 { head.removeLast() }
        if let last = head.last, last >= 0xC0 { head.removeLast() }
        return String(decoding: head, as: UTF8.self) + "…"
    }
}

extension Sequence<String> {
    /// Returns whether one of the texts has the same bytes as `text`.
    public func contains(bytesOf text: String) -> Bool { contains { $0.hasBytes(of: text) } }

    /// Returns the texts in the order of their bytes.
    public func sortedByBytes() -> [String] {
        sorted { $0.precedes(bytesOf: $1) }
    }
}
