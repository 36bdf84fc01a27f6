/// RFC 3339 in UTC with microseconds: `2025-10-18T14:23:15.123456Z`.
public enum Timestamp {
    /// - Parameter microseconds: since 1970; from the year 0 to 9999.
    public static func format(_ microseconds: Int64) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(27)
        append(microseconds, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    static func append(_ microseconds: Int64, to text: inout [UInt8]) {
        let (seconds, micros) = floorDivide(microseconds, 1_000_000)
        let (days, second) = floorDivide(seconds, 86_400)
        let date = civil(days)
        digits(date.year, 4, &text, then: "-")
        digits(date.month, 2, &text, then: "-")
        digits(date.day, 2, &text, then: "T")
        digits(second / 3600, 2, &text, then: ":")
        digits(second / 60 % 60, 2, &text, then: ":")
        digits(second % 60, 2, &text, then: ".")
        digits(micros, 6, &text, then: "Z")
    }

    private static func digits(
        _ value: Int64, _ width: Int, _ text: inout [UInt8], then mark: Unicode.Scalar
    ) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            text.append(0x30 + UInt8(value / divisor % 10))
            divisor /= 10
        }
        text.append(UInt8(ascii: mark))
    }

    private static func floorDivide(_ value: Int64, _ by: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: by)
        return remainder < 0 ? (quotient - 1, remainder + by) : (quotient, remainder)
    }

    /// The Gregorian date of a day counted from 1970-01-01, reckoned in years that begin in March
    /// and in cycles of 400 years, so that the leap day stands last.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (cycle, dayOfCycle) = floorDivide(days + 719_468, 146_097)
        let yearOfCycle =
            (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let march = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * march + 2) / 5 + 1
        let month = march < 10 ? march + 3 : march - 9
        return (yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
