/// How much an event log keeps. The oldest events beyond a limit are evicted in the background, so
/// that for a short time more is kept.
public struct EventLogPolicy: Sendable, Equatable {
    /// The most events; 0 turns the log off.
    public var maxEvents: Int
    /// The longest time for which an event is kept, by its timestamp; nil is without limit.
    public var maxAge: Duration?
    /// The most bytes of all events, approximately; nil is without limit.
    public var maxBytes: Int?

    /// Keeps nothing.
    public static let off = EventLogPolicy(maxEvents: 0)

    /// Makes a policy.
    public init(maxEvents: Int, maxAge: Duration? = nil, maxBytes: Int? = nil) {
        self.maxEvents = max(0, maxEvents)
        self.maxAge = maxAge
        self.maxBytes = maxBytes
    }

    /// What is kept for webhooks alone: a day, so that what they got can be sent again. Beyond it,
    /// what a webhook still has to get is kept (`EventLog.retain`).
    public static let forWebhooks = EventLogPolicy(
        maxEvents: 100_000, maxAge: .seconds(86_400), maxBytes: 256 << 20)

    /// Whether events are kept.
    public var isOn: Bool { maxEvents > 0 }

    /// Returns the time before which events are evicted; nil when they are kept at any age.
    /// - Parameter now: microseconds since 1970, as is the result.
    package func oldestTime(_ now: Int64) -> Int64? {
        guard let maxAge else { return nil }
        let (seconds, attoseconds) = maxAge.components
        let (age, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000)
        guard !isTooLong else { return nil }
        let (time, isTooEarly) = now.subtractingReportingOverflow(
            age + attoseconds / 1_000_000_000_000)
        return isTooEarly ? nil : time
    }
}

extension Event {
    /// The approximate size of the event in a log, bytes.
    package var logByteCount: Int {
        let labelBytes = labels.reduce(0) { $0 + $1.utf8.count + 2 }
        let metadataBytes = metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 4 }
        return 128 + resourceID.utf8.count + labelBytes + metadataBytes
    }
}
