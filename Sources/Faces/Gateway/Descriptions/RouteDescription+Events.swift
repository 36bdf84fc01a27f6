internal import HTTPTypes

extension RouteDescription {
    private static let filters: [(name: String, value: Value)] = [
        ("types", .list(Schemas.eventType, example: #""RECORD_PUSHED""#)),
        ("labels", .list(#"{"type":"string","maxLength":256}"#, example: #""/skills/""#)),
        ("cids", .list(example: "\"\(Samples.cid)\"")),
    ]
    private static let past: [(name: String, value: Value)] = [
        ("last_event_id", .eventID), ("since", .since),
    ]
    private static let lastEventID = Field(
        "Last-Event-ID", "the id of the last event that the client has; an EventSource sends it",
        .text(Samples.eventID))
    private static let heartbeat = Field(
        "Directory-Heartbeat-Interval", "the longest silence of the stream, in seconds",
        Value(#"{"type":"string"}"#, example: #""15""#))

    private static let stream = #"""
        "retry: 3000\n: connected\n\nid: \#(Samples.eventID)\nevent: RECORD_PUSHED\ndata: {\"id\":\"\#(Samples.eventID)\",\"type\":\"EVENT_TYPE_RECORD_PUSHED\",\"timestamp\":\"\#(Samples.time)\",\"resource_id\":\"\#(Samples.cid)\",\"labels\":[\"/skills/devops_mlops/deployment_orchestration\"]}\n\n"
        """#
    // Not of type string: tools that know these media types apply the schema to each frame or line.
    private static let frames =
        #"{"contentMediaType":"text/event-stream","description":"frames; /asyncapi.json describes them"}"#
    private static let objects =
        #"{"contentMediaType":"application/x-ndjson","description":"one JSON object on each line"}"#
    private static let lines = #"""
        "{\"id\":\"\#(Samples.eventID)\",\"type\":\"EVENT_TYPE_RECORD_PUSHED\",\"timestamp\":\"\#(Samples.time)\",\"resource_id\":\"\#(Samples.cid)\"}\n{\"dropped\":17}\n"
        """#

    static let events = [
        RouteDescription(
            .get, "/events", id: "listen", .events,
            """
            The response does not end. When its first bytes arrive the subscription is live: every later \
            event that matches is delivered, or reported as dropped. `/asyncapi.json` describes the frames. \
            A request that names `text/event-stream` in `Accept` gets no 429 and no 503 when there is no \
            room, but 200 and a frame `retry-later`.
            """,
            parameters: filters + past, fields: [lastEventID],
            responses: [
                Response(
                    200,
                    Content("text/event-stream", Value(frames, example: stream)),
                    Content("application/x-ndjson", Value(objects, example: lines)),
                    fields: [heartbeat])
            ],
            problems: [
                "invalid-value", "not-acceptable", "too-many-from-address", "full", "draining",
            ] + storeProblems),
        RouteDescription(
            .head, "/events", id: "checkListen", .events,
            "Opens no stream: it checks the filter, and whether the client may listen.",
            parameters: filters + past,
            responses: [Response(200, fields: [heartbeat])],
            problems: ["invalid-value", "not-acceptable"] + storeProblems),
        RouteDescription(
            .get, "/events/history", id: "listHistory", .events,
            """
            Only while `events.history.max_events` is above 0. As NDJSON each line is an event; a line \
            with `reset` may be the first, and a line with `next` the last.
            """,
            parameters: filters + [
                (
                    "after",
                    Value(
                        ##"{"anyOf":[{"$ref":"#/components/schemas/EventID"},{"type":"string","pattern":"^[0-9]{1,18}$"}]}"##,
                        example: #""17""#)
                ), ("since", .since), ("limit", .limit),
            ],
            responses: [
                Response(
                    200,
                    .json("EventPage", example: #"{"events":[\#(Samples.event)],"next":"17"}"#),
                    Content("application/x-ndjson", Value(objects, example: lines)))
            ],
            problems: ["invalid-value", "history-off", "not-acceptable"] + storeProblems),
        RouteDescription(
            .get, "/events/recent", id: "listRecent", .events,
            """
            From the event log if there is one, else from the memory of the gateway, which keeps the last \
            `events.recent.max_events` since its start. As NDJSON each line is an event.
            """,
            parameters: filters + [("limit", .limit)],
            responses: [
                Response(
                    200,
                    .json(
                        "RecentEvents",
                        example: #"{"events":[\#(Samples.event)],"source":"memory"}"#),
                    Content("application/x-ndjson", Value(objects, example: lines)))
            ],
            problems: ["invalid-value", "recent-off", "not-acceptable"] + storeProblems),
    ]
}
