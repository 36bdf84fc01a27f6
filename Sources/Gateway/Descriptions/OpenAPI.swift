internal import HTTPTypes
internal import Text

/// The table of routes as an OpenAPI 3.1 document.
enum OpenAPI {
    static func document(_ routes: [Route]) -> JSON {
        var patterns: [String] = []
        for route in routes where !patterns.contains(bytesOf: route.pattern) {
            patterns.append(route.pattern)
        }
        let paths = patterns.map { pattern in
            (
                pattern,
                JSON.object(routes.filter { $0.pattern.hasBytes(of: pattern) }.map(operation))
            )
        }
        return .object([
            ("openapi", .string("3.1.0")),
            (
                "info",
                .object([
                    ("title", .string("Directory Gateway")),
                    ("version", .string(GatewayServer.version)),
                ])
            ),
            ("paths", .object(paths)),
            ("components", .object([("schemas", .object([("Problem", problem)]))])),
        ])
    }

    private static func operation(_ route: Route) -> (String, JSON) {
        var members: [(String, JSON)] = [("summary", .string(route.summary))]
        let inPath = route.pathParameters.map { parameter($0, "path", nil, isRequired: true) }
        let inQuery = route.parameters.map {
            parameter($0.name, "query", $0.meaning, isRequired: false)
        }
        if !(inPath + inQuery).isEmpty { members.append(("parameters", .array(inPath + inQuery))) }
        if !route.accepts.isEmpty {
            let content = route.accepts.map { ($0, JSON.object([])) }
            members.append(
                (
                    "requestBody",
                    .object([("required", .bool(true)), ("content", .object(content))])
                ))
        }
        let answers = route.answers.map { answer in
            (String(answer.status), JSON.object([("description", .string(answer.meaning))]))
        }
        members.append(("responses", .object(answers + [("default", refusal)])))
        return (route.method.rawValue.lowercasedASCII, .object(members))
    }

    private static func parameter(
        _ name: String, _ place: String, _ meaning: String?, isRequired: Bool
    ) -> JSON {
        var members: [(String, JSON)] = [
            ("name", .string(name)), ("in", .string(place)),
            ("schema", .object([("type", .string("string"))])),
        ]
        if isRequired { members.append(("required", .bool(true))) }
        if let meaning { members.append(("description", .string(meaning))) }
        return .object(members)
    }

    private static let refusal = JSON.object([
        ("description", .string("what went wrong, and what to do about it")),
        (
            "content",
            .object([
                (
                    "application/problem+json",
                    .object([
                        ("schema", .object([("$ref", .string("#/components/schemas/Problem"))]))
                    ])
                )
            ])
        ),
    ])

    private static let problem: JSON = {
        let texts = ["type", "title", "detail", "remedy"]
        let properties = texts.map { ($0, JSON.object([("type", .string("string"))])) }
        return .object([
            ("type", .string("object")), ("required", .strings(texts + ["status"])),
            (
                "properties",
                .object(properties + [("status", .object([("type", .string("integer"))]))])
            ),
        ])
    }()
}
