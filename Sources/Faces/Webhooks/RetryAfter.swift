internal import Text

/// Reads the field `Retry-After` (RFC 9110 §10.2.3): seconds, or a date.
enum RetryAfter {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Returns the pause.
    /// - Parameter now: microseconds since 1970.
    /// - Returns: nil when the text is neither.
    static func parse(_ text: String, now: Int64) -> Duration? {
        let longest = RetrySchedule.longestRetryAfter
        if let pause = DurationText.parseSeconds(text.trimmedASCII, atMost: longest) {
            return pause
        }
        guard let time = date(text.trimmedASCII) else { return nil }
        let (wait, isTooLong) = time.subtractingReportingOverflow(now)
        return isTooLong ? longest : min(max(.zero, .microseconds(wait)), longest)
    }

    /// Reads a date such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
    private static func date(_ text: String) -> Int64? {
        let parts = text.split(on: UInt8(ascii: " "))
        guard parts.count == 6, parts[5].hasBytes(of: "GMT"),
            let month = months.firstIndex(where: { $0.hasBytes(of: parts[2]) }),
            parts[1].utf8.count == 2, parts[3].utf8.count == 4, parts[4].utf8.count == 8
        else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp.parse("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }
}
