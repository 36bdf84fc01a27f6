/// Times as text: a whole number and a unit, such as `500ms`, `15s`, `2m`, `1h` or `30d`; and seconds
/// with a decimal fraction, as header fields have them.
public enum DurationText {
    private static let units: [(name: String, seconds: Int64)] = [
        ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1),
    ]

    /// Parses a time.
    /// - Parameter bareUnit: the unit of a number without one; nil refuses such a number.
    /// - Returns: nil if the text is not a time, or its number is above `Int32.max`.
    public static func parse(_ text: String, bareUnit: Duration? = nil) -> Duration? {
        let digits = text.utf8.prefix(while: ASCII.isDigit)
        guard let number = Int32(String(Substring(digits))) else { return nil }
        let name = String(Substring(text.utf8.dropFirst(digits.count)))
        if name.utf8.isEmpty { return bareUnit.map { $0 * Int(number) } }
        if name.hasBytes(of: "ms") { return .milliseconds(Int(number)) }
        return units.first { $0.name.hasBytes(of: name) }
            .map { .seconds(Int64(number) * $0.seconds) }
    }

    /// Formats a time in the longest unit in which it is a whole number. What is below a millisecond is
    /// left out, and a negative time is `0s`.
    public static func format(_ time: Duration) -> String {
        let (seconds, attoseconds) = time.components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        guard seconds > 0 || milliseconds > 0 else { return "0s" }
        guard milliseconds == 0 else {
            return "\(Int128(seconds) * 1000 + Int128(milliseconds))ms"
        }
        for unit in units where seconds.isMultiple(of: unit.seconds) {
            return "\(seconds / unit.seconds)\(unit.name)"
        }
        return "\(seconds)s"
    }

    /// Parses a number of seconds, perhaps with a decimal fraction: `15`, `0.5`. What is below a
    /// millisecond is ignored.
    /// - Returns: `longest` at most; nil if the text is not such a number.
    public static func parseSeconds(_ text: String, atMost longest: Duration) -> Duration? {
        let halves = text.fields(on: UInt8(ascii: "."), limit: 1)
        guard halves.allSatisfy({ !$0.utf8.isEmpty && $0.utf8.allSatisfy(ASCII.isDigit) }) else {
            return nil
        }
        // Nine digits are above every limit in use, and no sum with them overflows.
        guard let whole = Int32(halves[0]) else { return longest }
        var milliseconds = 0
        if halves.count > 1 {
            for digit in (Array(halves[1].utf8.prefix(3)) + [0x30, 0x30]).prefix(3) {
                milliseconds = milliseconds * 10 + Int(digit - 0x30)
            }
        }
        return min(.seconds(Int(whole)) + .milliseconds(milliseconds), longest)
    }

    /// Formats seconds with the decimal fraction that milliseconds need: `15`, `0.5`.
    public static func formatSeconds(_ time: Duration) -> String {
        let (seconds, attoseconds) = time.components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        guard seconds >= 0, milliseconds > 0 else { return String(max(seconds, 0)) }
        var digits = Array(String(1000 + milliseconds).utf8.dropFirst())
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return "\(seconds).\(String(decoding: digits, as: UTF8.self))"
    }
}
