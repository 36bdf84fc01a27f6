/// The syntax of times (RFC 3339 §5.6).
enum DateTime {
    /// Returns whether a text is a time; a space may replace the `T`.
    static func isValid(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        guard let year = number(4, &rest), take("-", &rest), let month = number(2, &rest),
            take("-", &rest), let day = number(2, &rest),
            take("Tt ", &rest), let hour = number(2, &rest), take(":", &rest),
            let minute = number(2, &rest), take(":", &rest), let second = number(2, &rest)
        else { return false }
        if take(".", &rest) {
            guard number(1, &rest) != nil else { return false }
            while number(1, &rest) != nil {}
        }
        guard (1...12).contains(month), (1...days(month, year)).contains(day), hour < 24,
            minute < 60, second <= 60
        else { return false }
        if take("Zz", &rest) { return rest.isEmpty }
        guard take("+-", &rest), let offsetHour = number(2, &rest), take(":", &rest),
            let offsetMinute = number(2, &rest)
        else { return false }
        return offsetHour < 24 && offsetMinute < 60 && rest.isEmpty
    }

    private static func days(_ month: Int, _ year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func number(_ digits: Int, _ rest: inout ArraySlice<UInt8>) -> Int? {
        let head = rest.prefix(digits)
        guard head.count == digits, head.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            return nil
        }
        rest = rest.dropFirst(digits)
        return head.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func take(_ marks: String, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard let byte = rest.first, marks.utf8.contains(byte) else { return false }
        rest = rest.dropFirst()
        return true
    }
}
