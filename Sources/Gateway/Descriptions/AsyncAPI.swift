internal import Events
internal import Text

/// The stream of events as an AsyncAPI 3.0 document.
enum AsyncAPI {
    static let document: JSON = .object([
        ("asyncapi", .string("3.0.0")),
        (
            "info",
            .object([
                ("title", .string("Directory Gateway")),
                ("version", .string(GatewayServer.version)),
                (
                    "description",
                    .string("What happens in a Directory, as Server-Sent Events or NDJSON.")
                ),
            ])
        ),
        ("defaultContentType", .string("text/event-stream")),
        (
            "channels",
            .object([
                (
                    "events",
                    .object([
                        ("address", .string("/events")),
                        (
                            "messages",
                            .object(
                                EventType.allCases.map {
                                    ($0.shortName, reference("messages/\($0.shortName)"))
                                })
                        ),
                    ])
                )
            ])
        ),
        (
            "operations",
            .object([
                (
                    "listen",
                    .object([
                        ("action", .string("send")),
                        ("channel", .object([("$ref", .string("#/channels/events"))])),
                    ])
                )
            ])
        ),
        (
            "components",
            .object([
                ("messages", .object(EventType.allCases.map { ($0.shortName, message($0)) })),
                ("schemas", .object([("Event", event)])),
            ])
        ),
    ])

    private static func message(_ type: EventType) -> JSON {
        .object([
            ("name", .string(type.shortName)), ("contentType", .string("application/json")),
            ("payload", reference("schemas/Event")),
        ])
    }

    private static func reference(_ path: String) -> JSON {
        .object([("$ref", .string("#/components/\(path)"))])
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
            ("labels", .object([("type", .string("array")), ("items", text())])),
            ("metadata", .object([("type", .string("object")), ("additionalProperties", text())])),
        ]
        return .object([
            ("type", .string("object")),
            ("required", .strings(["id", "type", "timestamp", "resource_id"])),
            ("properties", .object(properties)),
        ])
    }()
}
