internal import Events
internal import Text

/// The stream of events as an AsyncAPI 3.0 document: every frame of `GET /events`, as SSE and NDJSON.
enum AsyncAPI {
    /// The document, encoded.
    static let document: [UInt8] = {
        let messages = EventType.allCases.map { ($0.shortName, event($0)) } + frames.map(frame)
        let names = messages.map(\.0)
        let references = names.map { name in
            (name, ["$ref": .string("#/components/messages/\(name)")] as JSON)
        }
        let ofChannel = names.map { name in
            ["$ref": .string("#/channels/events/messages/\(name)")] as JSON
        }
        let document: JSON = [
            "asyncapi": "3.0.0", "info": info, "defaultContentType": "application/json",
            "servers": [
                "local": [
                    "host": "127.0.0.1:8080", "protocol": "http",
                    "description": "the default of listen_address",
                ]
            ],
            "channels": [
                "events": [
                    "address": "/events", "title": "The stream of events",
                    "messages": .object(references),
                ]
            ],
            "operations": [
                "listen": [
                    "action": "send", "channel": ["$ref": "#/channels/events"],
                    "summary": "The gateway sends what matches the filter of the request.",
                    "description":
                        "Needs the scope events:read while auth.mode is token. /openapi.json describes the request.",
                    "messages": .array(ofChannel),
                    "bindings": ["http": .literal(query)],
                ]
            ],
            "components": [
                "messages": .object(messages),
                "schemas": ["Event": .literal(Schemas.event)],
                "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
            ],
        ]
        return document.line + [0x0A]
    }()

    private static let info: JSON = [
        "title": "Directory Gateway", "version": .string(GatewayServer.version),
        "description": .string(
            """
            The events of a Directory, over Server-Sent Events (`text/event-stream`, the default) or \
            NDJSON (`application/x-ndjson`). In SSE the name of a message is the `event` of its frame, \
            its payload is the `data`, and an event has its `id` as the `id` of the frame. In NDJSON an \
            event is a line, and any other message is a line `{"name":payload}`, but `dropped`, which is \
            `{"dropped":17}` in both. A message with a name in lower case is about the stream itself, and \
            has no id. Between messages a comment (SSE: `:`) or an empty line (NDJSON) says that the \
            connection is alive.
            """),
        "license": ["name": "Apache 2.0"],
    ]

    /// The parameters of the request, as the HTTP binding has them.
    private static let query = """
        {"method":"GET","bindingVersion":"0.3.0","query":{"type":"object","properties":{
        "types":{"type":"string","description":"event types, short or long names, comma-separated"},
        "labels":{"type":"string","description":"substrings of labels, comma-separated"},
        "cids":{"type":"string","description":"record cids, sync ids or key fingerprints, comma-separated"},
        "last_event_id":{"type":"string","format":"uuid","description":"the id of the last event that the client has"},
        "since":{"type":"string","description":"a time (RFC 3339), or how long ago, such as 10m"}}}}
        """

    private static func event(_ type: EventType) -> JSON {
        let sample = EventSample(type)
        return [
            "name": .string(type.shortName), "title": .string(sample.title),
            "summary": .string(sample.summary), "contentType": "application/json",
            "payload": ["$ref": "#/components/schemas/Event"],
            "examples": [["payload": .literal(sample.json)]],
        ]
    }

    /// A frame of the gateway itself.
    private struct Frame {
        let name: String
        let summary: String
        let schema: String
        let example: String
    }

    private static let frames = [
        Frame(
            name: "dropped",
            summary:
                "How many events were dropped since the event before, because the client read too slowly.",
            schema:
                #"{"type":"object","required":["dropped"],"properties":{"dropped":{"type":"integer","minimum":1}}}"#,
            example: #"{"dropped":17}"#),
        Frame(
            name: "reset",
            summary: "What the client has missed cannot be replayed; the stream goes on live.",
            schema: Schemas.reset,
            example: #"{"cause":"evicted","oldest_id":"\#(Samples.eventID)"}"#),
        Frame(
            name: "goodbye",
            summary:
                "The last frame: the gateway shuts down, or the token of the client has ended.",
            schema:
                #"{"type":"object","required":["retry"],"properties":{"retry":{"type":"integer","description":"when to come back, in milliseconds"},"reason":{"type":"string","enum":["expired","revoked","disconnected"]}}}"#,
            example: #"{"retry":4217}"#),
        Frame(
            name: "retry-later",
            summary: "SSE only: there is no room for another stream. The only frame of its stream.",
            schema:
                #"{"type":"object","required":["reason","retry"],"properties":{"reason":{"type":"string"},"retry":{"type":"integer","description":"when to come back, in milliseconds"}}}"#,
            example: #"{"reason":"The gateway is shutting down.","retry":4217}"#),
    ]

    private static func frame(_ frame: Frame) -> (String, JSON) {
        (
            frame.name,
            [
                "name": .string(frame.name), "summary": .string(frame.summary),
                "contentType": "application/json", "payload": .literal(frame.schema),
                "examples": [["payload": .literal(frame.example)]],
            ]
        )
    }
}
