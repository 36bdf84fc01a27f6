internal import Events
internal import Text

/// The stream of events as an AsyncAPI 3.0 document.
enum AsyncAPI {
    static let document: JSON = [
        "asyncapi": "3.0.0",
        "info": [
            "title": "Directory Gateway", "version": .string(GatewayServer.version),
            "description": "The events of a Directory, as Server-Sent Events or NDJSON.",
        ], "defaultContentType": "text/event-stream",
        "channels": [
            "events": [
                "address": "/events",
                "messages": .object(
                    EventType.allCases.map {
                        ($0.shortName, reference("messages/\($0.shortName)"))
                    }),
            ]
        ], "operations": ["listen": ["action": "send", "channel": ["$ref": "#/channels/events"]]],
        "components": [
            "messages": .object(EventType.allCases.map { ($0.shortName, message($0)) }),
            "schemas": ["Event": event],
        ],
    ]

    private static func message(_ type: EventType) -> JSON {
        [
            "name": .string(type.shortName), "contentType": "application/json",
            "payload": reference("schemas/Event"),
        ]
    }

    private static func reference(_ path: String) -> JSON {
        ["$ref": .string("#/components/\(path)")]
    }

    private static let event: JSON = {
        func text(_ more: [(String, JSON)] = []) -> JSON {
            .object([("type", .string("string"))] + more)
        }
        let properties: [(String, JSON)] = [
            ("id", text([("format", .string("uuid"))])),
            ("type", text([("enum", .strings(EventType.allCases.map(\.longName)))])),
            ("timestamp", text([("format", .string("date-time"))])),
            ("resource_id", text()),
            ("labels", ["type": "array", "items": text()]),
            ("metadata", ["type": "object", "additionalProperties": text()]),
        ]
        return [
            "type": "object", "required": .strings(["id", "type", "timestamp", "resource_id"]),
            "properties": .object(properties),
        ]
    }()
}
