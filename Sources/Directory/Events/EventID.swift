internal import Text

/// A UUID of version 7 (RFC 9562 §5.7).
public struct EventID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The first and the second eight bytes, big-endian.
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The version of the UUID (RFC 9562 §4.2).
    package var version: Int { Int(high >> 12 & 0xF) }

    /// The time in an id of version 7, milliseconds since 1970.
    package var milliseconds: UInt64 { high >> 16 }

    /// Reads a UUID as `description` writes it, in either case.
    public init?(_ text: some StringProtocol) {
        var words: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (index, character) in text.utf8.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard character == 0x2D else { return nil }
                continue
            }
            guard let digit = ASCII.hexValue(character) else { return nil }
            if digits < 16 {
                words.0 = words.0 << 4 | UInt64(digit)
            } else {
                words.1 = words.1 << 4 | UInt64(digit)
            }
            digits += 1
            guard digits <= 32 else { return nil }
        }
        guard digits == 32 else { return nil }
        (high, low) = words
    }

    /// Returns whether `a` is older than `b`.
    public static func < (a: EventID, b: EventID) -> Bool {
        (a.high, a.low) < (b.high, b.low)
    }

    /// The UUID in lower case: `0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8a41`
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the UUID in lower case.
    package func append(to text: inout [UInt8]) {
        Self.append(high, dashesAfter: [8, 12], to: &text)
        text.append(0x2D)
        Self.append(low, dashesAfter: [4], to: &text)
    }

    private static func append(
        _ word: UInt64, dashesAfter dashes: [Int], to text: inout [UInt8]
    ) {
        for index in 0..<16 {
            if dashes.contains(index) { text.append(0x2D) }
            let digit = UInt8(truncatingIfNeeded: word &>> UInt64(60 - index * 4)) & 0xF
            text.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}

/// Makes strictly increasing ids, also within a millisecond and when the clock steps back.
///
/// The 12 bits after the time count within a millisecond (RFC 9562 §6.2, method 1); when they
/// are used up, or the clock has stepped back, the time in the id is ahead of the clock.
public struct EventIDSequence: Sendable {
    /// The time of the last id, milliseconds since 1970.
    package private(set) var milliseconds: UInt64
    private var counter: UInt64

    /// Makes a sequence.
    /// - Parameter last: all ids are later than this time, milliseconds since 1970; that of the
    ///   last id of an earlier sequence, so that this one continues it.
    public init(after last: UInt64 = 0) {
        milliseconds = last
        counter = last == 0 ? 0 : 0xFFF
    }

    /// Returns the next id.
    /// - Parameter now: microseconds since 1970.
    public mutating func next(
        now: Int64, random: inout some RandomNumberGenerator
    ) -> EventID {
        let time = UInt64(max(0, now)) / 1000
        if time > milliseconds {
            milliseconds = time
            counter = 0
        } else if counter == 0xFFF {
            milliseconds += 1
            counter = 0
        } else {
            counter += 1
        }
        let high = milliseconds << 16 | 0x7000 | counter
        let low = 0x8000_0000_0000_0000 | (random.next() >> 2)
        return EventID(high: high, low: low)
    }
}
