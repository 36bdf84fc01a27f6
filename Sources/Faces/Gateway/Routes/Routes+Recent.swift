internal import Authentication
internal import EventHub
internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import Text

extension Routes {
    private static let limit = [
        (name: "limit", meaning: "the most events, 1 to 1000; 100 if not given")
    ]

    /// - Parameters:
    ///   - log: the event log, which is read while it is on.
    ///   - memory: the last events in memory, for while it is off.
    ///   - filterItemLimit: the most filter items.
    static func recent(
        _ log: any EventLog, inMemory memory: any EventLog, filterItemLimit: Int
    ) -> [Route] {
        [
            Route(
                .get, "/events/recent", "the last events, oldest first (JSON or NDJSON)",
                scope: .readEvents,
                parameters: filters + limit,
                responses: [
                    (
                        200,
                        "events, and source: log, or memory with what was published since the start"
                    )
                ]
            ) { request in
                let isLogged = log.isOn
                guard isLogged || memory.isOn else { throw Problem.noRecentEvents }
                let filter = try EventFilter(request.query, itemLimit: filterItemLimit)
                let limit = try request.query.limit()
                let isLines = try request.wantsLines()
                let events = try await RecentEvents(isLogged ? log : memory).last(
                    limit, matching: EventMatcher(request.subject.filter(filter)))
                return .response(
                    await encode(
                        events, isLines: isLines,
                        more: [("source", .string(isLogged ? "log" : "memory"))]))
            }
        ]
    }
}

extension Problem {
    /// The problem of asking for the last events, of which none are kept.
    fileprivate static var noRecentEvents: Problem {
        Problem(
            .notFound, "recent-off", "Recent events off",
            "The gateway keeps neither an event log nor the last events.",
            remedy: "Set events.recent.max_events, and start the gateway again.")
    }
}
