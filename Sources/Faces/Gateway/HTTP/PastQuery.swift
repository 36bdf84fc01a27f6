internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import Records
internal import Text

/// Finds out where in the event log a client wants its stream to begin.
struct PastQuery: Sendable {
    let log: any EventLog
    /// Returns microseconds since 1970.
    let now: @Sendable () -> Int64

    /// Returns the place before which events may be missing from the log, because the Directory that
    /// makes them could not be reached; nil when there is none.
    var lastGap: @Sendable () -> EventPlace? = { nil }

    private static let lastEventID = HTTPField.Name("Last-Event-ID")

    /// Returns where the stream of a request begins; nil when it only wants what is to come.
    ///
    /// The field `Last-Event-ID` decides if it is there: an `EventSource` that comes back sends it, and
    /// its address still has the parameters of the first time.
    /// - Throws: `Problem` when a parameter is not an id or a time. A field that is not an id leads to
    ///   a reset: a browser that gets an error would never come back.
    func start(_ request: Request) async throws -> EventLogStart? {
        // What does not decide is checked too: it would be refused the next time.
        let asked = try request.query.single("last_event_id").map {
            try Self.id($0, of: "last_event_id")
        }
        let since = try request.query.single("since").map { try time($0) }
        if let name = Self.lastEventID, let text = request.head.field(name), !text.utf8.isEmpty {
            guard let id = EventID(text) else {
                guard log.isOn else { return .unknown(EventLogReset(.historyOff)) }
                return .unknown(try await reset(.unknownID))
            }
            return try await start(after: id)
        }
        if let asked { return try await start(after: asked) }
        guard let since else { return nil }
        return try await start(since: since)
    }

    /// Finds out the same for a call of gRPC: the entry `last-event-id` of its metadata decides if it is
    /// there, else `since`.
    /// - Throws: `Problem` when an entry is not an id or a time.
    func start(metadata: HTTPFields) async throws -> EventLogStart? {
        if let name = Self.lastEventID, let text = metadata[name] {
            return try await start(after: try Self.id(text, of: "last-event-id"))
        }
        guard let name = Self.since, let text = metadata[name] else { return nil }
        return try await start(since: try time(text))
    }

    private static let since = HTTPField.Name("since")

    /// Returns where the events since a time begin. Of a time that is older than the log, or that has a gap,
    /// what is kept is replayed, after a reset.
    private func start(since time: Int64) async throws -> EventLogStart {
        let start = try await log.start(since: time)
        switch start {
        case .unknown(let reset) where reset.cause == .evicted: return .cut(reset.oldest, reset)
        case .known(let place):
            guard let gap = lastGap(), place.position <= gap.position else { return start }
            return .cut(place, try await reset(.upstreamLost))
        case .unknown, .cut: return start
        }
    }

    private func reset(_ cause: EventLogReset.Cause) async throws -> EventLogReset {
        let extent = try await log.extent()
        return EventLogReset(cause, oldest: extent.oldest, oldestID: extent.oldestID)
    }

    /// Returns where the events after an id begin, if all that followed can be known.
    private func start(after id: EventID) async throws -> EventLogStart {
        let start = try await log.start(after: id)
        guard case .known(let place) = start, let gap = lastGap(), place.position <= gap.position
        else { return start }
        return .unknown(try await reset(.upstreamLost))
    }

    static func id(_ text: String, of parameter: String) throws(Problem) -> EventID {
        if let id = EventID(text) { return id }
        throw .invalid(
            "The parameter \(parameter) is '\(text.clipped(to: 64))', which is not an event id.",
            remedy: "Send the id of an event, such as 0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8a41.")
    }

    /// Returns a time in microseconds since 1970.
    func time(_ text: String) throws(Problem) -> Int64 {
        let now = now()
        // What is longer ago than 1970 is the beginning.
        if let ago = DurationText.parse(text) {
            return now - Int64(min(ago, .microseconds(now)) / .microseconds(1))
        }
        guard let time = Timestamp.parse(text) else {
            throw .invalid(
                "The parameter since is '\(text.clipped(to: 64))', which is not a time.",
                remedy:
                    "Send a time of RFC 3339, such as 2026-01-31T12:00:00Z, or how long ago, such as 10m."
            )
        }
        guard time <= now else {
            throw .invalid(
                "The parameter since is in the future.",
                remedy: "Send a time that has passed, or leave it out for what is to come.")
        }
        return time
    }
}
