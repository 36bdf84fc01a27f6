internal import Text

/// Where a stream begins, or goes on after an interruption.
public enum StreamStart: Sendable, Equatable {
    /// With the next event.
    case now
    /// After the event with this id, which this client has received before.
    case after(String)
    /// With the events of the last time of this length. The gateway's clock counts.
    case ago(Duration)
    /// With the events since a time, microseconds since 1970.
    case since(Int64)

    /// Whether an id can be sent in a header field: visible ASCII, as ids of events are.
    static func isSendable(_ id: String) -> Bool {
        (1...255).contains(id.utf8.count) && id.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// Returns the parameter of a request, and the `Last-Event-ID` field.
    /// - Parameter elapsed: the time since the stream was asked for first: `ago` counts from then.
    func fields(elapsed: Duration) -> (query: [(String, String)], lastEventID: String?) {
        switch self {
        case .now: ([], nil)
        case .after(let id): ([], Self.isSendable(id) ? id : nil)
        case .ago(let time): ([("since", Self.ago(time + elapsed))], nil)
        case .since(let time): ([("since", Timestamp.format(time))], nil)
        }
    }

    /// Returns a length of time as the gateway reads it: at least as long as `time`.
    private static func ago(_ time: Duration) -> String {
        let milliseconds = max(0, (time / .milliseconds(1)).rounded(.up))
        if milliseconds <= Double(Int32.max) { return "\(Int(milliseconds))ms" }
        return "\(Int(min((milliseconds / 1000).rounded(.up), Double(Int32.max))))s"
    }
}

/// The place of a stream that reconnects: after the last event, or, before the first one, where the
/// stream began.
struct StreamPlace: Sendable {
    /// Where the stream was asked to begin.
    let start: StreamStart
    /// The id of the last event.
    var lastID: String?
    /// When the first request was sent whose stream was open; nil before.
    var opened: ContinuousClock.Instant?
    /// When the first request was sent.
    let began: ContinuousClock.Instant

    /// Returns what the next request asks for.
    func next(now: ContinuousClock.Instant) -> (query: [(String, String)], lastEventID: String?) {
        if let lastID { return StreamStart.after(lastID).fields(elapsed: .zero) }
        // Without an event there is no id: what follows the opening of the stream is asked for.
        if case .now = start, let opened {
            return StreamStart.ago(now - opened).fields(elapsed: .zero)
        }
        return start.fields(elapsed: now - began)
    }
}
