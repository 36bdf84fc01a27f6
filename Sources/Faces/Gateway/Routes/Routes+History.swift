internal import Authentication
internal import EventHub
internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import Text

extension Routes {
    private static let page = [
        (name: "after", meaning: "the id of an event, or next of the previous page"),
        (name: "since", meaning: "a time (RFC 3339), or how long ago, such as 10m"),
        (name: "limit", meaning: "events in a page, 1 to 1000; 100 if not given"),
    ]

    /// - Parameters:
    ///   - filterItemLimit: the most filter items.
    ///   - now: returns microseconds since 1970.
    static func history(
        _ log: any EventLog, filterItemLimit: Int, now: @escaping @Sendable () -> Int64
    ) -> [Route] {
        [
            Route(
                .get, "/events/history", "a page of the event log, oldest first (JSON or NDJSON)",
                scope: .readEvents,
                parameters: filters + page
            ) { request in
                guard log.isOn else { throw Problem.historyOff }
                let filter = try EventFilter(request.query, itemLimit: filterItemLimit)
                let limits = EventPageLimits(events: try request.query.limit())
                let (place, reset) = try await start(request, log, now)
                let page = try await log.page(
                    after: place, through: nil,
                    matching: EventMatcher(request.subject.filter(filter)),
                    limits: limits)
                let isLines = try request.wantsLines()
                let next = page.isAtEnd ? nil : String(page.next.position)
                return .response(
                    await encode(
                        page.events.map(\.event), next: next, reset: reset, isLines: isLines))
            }
        ]
    }

    private static func start(
        _ request: Request, _ log: any EventLog, _ now: @escaping @Sendable () -> Int64
    ) async throws -> (EventPlace, EventLogReset?) {
        let past = PastQuery(log: log, now: now)
        // Checked also where `after` decides.
        let since = try request.query.single("since").map { try past.time($0) }
        let found: EventLogStart
        if let after = try request.query.single("after") {
            if let position = Int64(after), position >= 0 {
                return (EventPlace(after: position), nil)
            }
            found = try await log.start(after: try PastQuery.id(after, of: "after"))
        } else if let since {
            found = try await log.start(since: since)
        } else {
            return (.start, nil)
        }
        switch found {
        case .known(let place): return (place, nil)
        case .unknown(let reset): return (reset.oldest, reset)
        case .cut(let place, let reset): return (place, reset)
        }
    }

    /// Encodes events as a JSON object with an array, or as lines of NDJSON.
    /// - Parameters:
    ///   - next: where the next page begins; nil when there is none.
    ///   - reset: why the page does not begin where the client wanted.
    ///   - more: members of the object after the events.
    @concurrent
    static func encode(
        _ events: [Event], next: String? = nil, reset: EventLogReset? = nil, isLines: Bool,
        more: [(String, JSON)] = []
    ) async -> Response {
        var fields: HTTPFields = [.cacheControl: "no-store"]
        if isLines {
            fields[.contentType] = EventEncoding.ndjson.mediaType
            var body: [UInt8] = reset.map { EventEncoding.ndjson.reset($0) } ?? []
            for event in events { body += event.json() + [0x0A] }
            if let next { body += (["next": .string(next)] as JSON).line + [0x0A] }
            return Response(fields: fields, body: body)
        }
        fields[.contentType] = "application/json"
        var body = Array("{\"events\":[".utf8)
        for (index, event) in events.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body += event.json()
        }
        body.append(UInt8(ascii: "]"))
        if let reset { body += Array(",\"reset\":".utf8) + reset.json.line }
        if let next { body += Array(",\"next\":\"\(next)\"".utf8) }
        for (name, value) in more { body += Array(",\"\(name)\":".utf8) + value.line }
        return Response(fields: fields, body: body + Array("}\n".utf8))
    }
}

extension Request {
    /// Returns whether the client wants events as lines of NDJSON, not as one JSON object.
    /// - Throws: `Problem` when it accepts neither.
    func wantsLines() throws(Problem) -> Bool {
        let types = ["application/json", EventEncoding.ndjson.mediaType]
        guard let type = MediaType.choose(types, accept: head.field(.accept)) else {
            throw .notAcceptable(types)
        }
        return type.hasBytes(of: types[1])
    }
}

extension Problem {
    /// The problem of asking for history that is not kept.
    static var historyOff: Problem {
        Problem(
            .notFound, "history-off", "History off", "The gateway keeps no event log.",
            remedy: "Set events.history.max_events, and start the gateway again.")
    }
}
