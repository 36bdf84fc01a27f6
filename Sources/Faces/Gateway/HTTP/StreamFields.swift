internal import EventHub
internal import HTTPTypes
internal import Text

/// The header fields of a stream of events.
struct StreamFields: Sendable {
    /// The longest silence of a stream, in seconds: `15` or `0.5`. A client that receives nothing for
    /// longer knows that the connection is lost.
    let heartbeat: String

    /// The fields of an open stream, made once: each subscriber gets them.
    private let prepared: [EventEncoding: HTTPFields]

    init(heartbeat interval: Duration) {
        let heartbeat = DurationText.formatSeconds(interval)
        self.heartbeat = heartbeat
        prepared = Dictionary(
            uniqueKeysWithValues: EventEncoding.allCases.map { encoding in
                var fields = Self.common(encoding)
                if let name = Self.heartbeat { fields[name] = heartbeat }
                return (encoding, fields)
            })
    }

    /// Returns the fields of an open stream.
    func fields(_ encoding: EventEncoding) -> HTTPFields {
        prepared[encoding] ?? Self.common(encoding)
    }

    /// Returns the fields of every stream, also of one that is refused. Caches must not store it, and
    /// proxies must not buffer or transform it.
    static func common(_ encoding: EventEncoding) -> HTTPFields {
        var fields: HTTPFields = [
            .contentType: encoding.contentType, .cacheControl: "no-store, no-transform",
        ]
        if let name = unbuffered { fields[name] = "no" }
        return fields
    }

    private static let heartbeat = HTTPField.Name("Directory-Heartbeat-Interval")
    private static let unbuffered = HTTPField.Name("X-Accel-Buffering")
}
