/// Lists of texts as the bytes of one column: the number of texts, then each with its length in
/// front. Numbers are base 128, the lowest seven bits first.
enum TextList {
    /// Appends a list.
    static func append(_ texts: [String], to bytes: inout [UInt8]) {
        append(texts.count, to: &bytes)
        for text in texts {
            append(text.utf8.count, to: &bytes)
            bytes += text.utf8
        }
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        var rest = UInt(number)
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Reads a list.
    /// - Parameter place: where it begins; then where it ends.
    /// - Returns: the places of the texts; nil when the bytes are damaged.
    static func read(_ bytes: [UInt8], _ place: inout Int) -> [Range<Int>]? {
        // Each text has at least the byte of its length.
        guard let count = number(bytes, &place), count <= bytes.count - place else { return nil }
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(count)
        for _ in 0..<count {
            guard let length = number(bytes, &place), length <= bytes.count - place else {
                return nil
            }
            ranges.append(place..<place + length)
            place += length
        }
        return ranges
    }

    private static func number(_ bytes: [UInt8], _ place: inout Int) -> Int? {
        var value = 0
        for shift in stride(from: 0, to: 56, by: 7) {
            guard place < bytes.count else { return nil }
            let byte = bytes[place]
            place += 1
            value |= Int(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
