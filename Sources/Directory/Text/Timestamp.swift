/// Times as text: RFC 3339 in UTC with microseconds, such as `2025-10-18T14:23:15.123456Z`.
public enum Timestamp {
    /// Returns a time as text.
    /// - Parameter microseconds: since 1970; from the year 0 to 9999.
    public static func format(_ microseconds: Int64) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(27)
        append(microseconds, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads a time of RFC 3339 §5.6: with any offset from UTC, and any number of decimal digits of the
    /// second, of which six count.
    /// - Returns: microseconds since 1970; nil when the text is not such a time.
    public static func parse(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D,
            bytes[10] | 0x20 == UInt8(ascii: "t"), bytes[13] == 0x3A, bytes[16] == 0x3A
        else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...length(of: month, year)).contains(day), hour < 24,
            minute < 60, second < 61
        else { return nil }
        var micros: Int64 = 0
        var end = 19
        if bytes[19] == UInt8(ascii: ".") {
            let digits = bytes[20...].prefix { (0x30...0x39).contains($0) }.count
            guard digits > 0, let fraction = number(20..<20 + min(digits, 6)) else { return nil }
            micros = fraction
            for _ in 0..<max(0, 6 - digits) { micros *= 10 }
            end = 20 + digits
        }
        guard let offset = offset(bytes[end...]) else { return nil }
        let days = daysSince1970(year, month, day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        let time = seconds * 1_000_000 + micros
        // An offset or a leap second could lead out of the years 0 to 9999.
        return (earliest...latest).contains(time) ? time : nil
    }

    /// Returns the offset from UTC in seconds, of `Z` or `+02:00`; nil when the bytes are neither.
    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int64? {
        let zone = Array(bytes)
        if zone.count == 1 { return zone[0] | 0x20 == UInt8(ascii: "z") ? 0 : nil }
        let digits = [1, 2, 4, 5]
        guard zone.count == 6, zone[0] == UInt8(ascii: "+") || zone[0] == UInt8(ascii: "-"),
            zone[3] == 0x3A, digits.allSatisfy({ (0x30...0x39).contains(zone[$0]) })
        else { return nil }
        let figures = digits.map { Int64(zone[$0] - 0x30) }
        let (hours, minutes) = (figures[0] * 10 + figures[1], figures[2] * 10 + figures[3])
        guard hours < 24, minutes < 60 else { return nil }
        return (hours * 3600 + minutes * 60) * (zone[0] == UInt8(ascii: "-") ? -1 : 1)
    }

    /// Appends a time. A time outside the years 0 to 9999 becomes the nearest one inside.
    /// - Parameter given: microseconds since 1970.
    public static func append(_ given: Int64, to text: inout [UInt8]) {
        let microseconds = min(max(given, earliest), latest)
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

    /// 0000-01-01 and the last microsecond of 9999.
    private static let earliest: Int64 = -62_167_219_200_000_000
    private static let latest: Int64 = 253_402_300_799_999_999

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

    /// Returns the number of days of a month.
    private static func length(of month: Int64, _ year: Int64) -> Int64 {
        let next = month == 12 ? (year + 1, 1) : (year, month + 1)
        return daysSince1970(next.0, next.1, 1) - daysSince1970(year, month, 1)
    }

    /// Returns the days from 1970-01-01 to a date: the inverse of `civil`.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let march = (month + 9) % 12
        let (cycle, yearOfCycle) = floorDivide(month <= 2 ? year - 1 : year, 400)
        let dayOfYear = (153 * march + 2) / 5 + day - 1
        return cycle * 146_097 + yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
            - 719_468
    }

    /// Returns the Gregorian date of a day, counted from 1970-01-01: computed in years that begin in March
    /// and in cycles of 400 years, so that the leap day is the last.
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
