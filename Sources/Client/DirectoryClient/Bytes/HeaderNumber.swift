internal import Text

/// Reads numbers in the header fields of a server. All are bounded, because a server can send any.
package enum HeaderNumber {
    /// The longest time that a server can ask for; a longer time becomes this one.
    package static let longest: Duration = .seconds(86_400)

    /// Parses a number of seconds, perhaps with a decimal fraction: `15`, `0.5`.
    /// - Returns: `longest` at most; nil when the text is not such a number.
    package static func seconds(_ text: String) -> Duration? {
        DurationText.parseSeconds(text, atMost: longest)
    }

    /// Bounds the milliseconds of a `retry:` field.
    package static func retry(milliseconds: Int) -> Duration {
        min(.milliseconds(max(milliseconds, 0)), longest)
    }

    /// Returns the silence after which a stream counts as lost: three heartbeats, at least 5 s.
    /// - Parameter interval: `Directory-Heartbeat-Interval`; nil when the gateway does not send it.
    /// - Returns: 45 s, three heartbeats of the gateway's default, when the field is missing or invalid.
    package static func idleTimeout(_ interval: String?) -> Duration {
        guard let interval = interval.flatMap(seconds), interval > .zero else {
            return .seconds(45)
        }
        return max(interval * 3, .seconds(5))
    }
}
