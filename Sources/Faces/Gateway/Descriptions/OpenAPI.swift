internal import Authentication
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
        return [
            "openapi": "3.1.0",
            "info": ["title": "Directory Gateway", "version": .string(GatewayServer.version)],
            "paths": .object(paths),
            "components": ["schemas": ["Problem": problem], "securitySchemes": schemes],
        ]
    }

    private static func operation(_ route: Route) -> (String, JSON) {
        var members: [(String, JSON)] = [("summary", .string(route.summary))]
        let inPath = route.pathParameters.map { parameter($0, "path", nil, isRequired: true) }
        let inQuery = route.parameters.map {
            parameter($0.name, "query", $0.meaning, isRequired: false)
        }
        if !(inPath + inQuery).isEmpty { members.append(("parameters", .array(inPath + inQuery))) }
        if !route.accepts.isEmpty {
            let content = route.accepts.map { type in
                (type, ["schema": schema(route, type)] as JSON)
            }
            members.append(
                (
                    "requestBody",
                    ["required": true, "content": .object(content)]
                ))
        }
        if let scope = route.scope {
            // Either of the proofs; the scope is what its subject needs.
            let proofs = ["bearer", "session", "certificate"]
            let allowed = proofs.map { JSON.object([($0, .strings([scope.name]))]) }
            members.append(("security", .array(allowed)))
        }
        let responses = route.responses.map { response in
            (String(response.status), ["description": .string(response.meaning)] as JSON)
        }
        members.append(("responses", .object(responses + [("default", refusal)])))
        return (route.method.rawValue.lowercasedASCII, .object(members))
    }

    private static func parameter(
        _ name: String, _ place: String, _ meaning: String?, isRequired: Bool
    ) -> JSON {
        var members: [(String, JSON)] = [
            ("name", .string(name)), ("in", .string(place)),
            ("schema", ["type": "string"]),
        ]
        members.append(("required", .bool(isRequired)))
        if let meaning { members.append(("description", .string(meaning))) }
        return .object(members)
    }

    /// Returns the schema of a body: the object that the route reads, a record, or lines of records.
    private static func schema(_ route: Route, _ type: String) -> JSON {
        guard !route.members.isEmpty else {
            return ["type": .string(type.hasByteSuffix("ndjson") ? "string" : "object")]
        }
        let properties = route.members.map { member in
            (
                member.name,
                JSON.object(schema(member.kind) + [("description", .string(member.meaning))])
            )
        }
        return [
            "type": "object", "required": .strings(route.members.filter(\.isRequired).map(\.name)),
            "properties": .object(properties), "additionalProperties": false,
        ]
    }

    private static func schema(_ kind: Route.Member.Kind) -> [(String, JSON)] {
        switch kind {
        case .text: [("type", .string("string")), ("minLength", .number(1))]
        case .flag: [("type", .string("boolean"))]
        case .texts:
            [
                ("type", .string("array")), ("minItems", .number(1)),
                ("items", ["type": "string", "minLength": 1]),
            ]
        }
    }

    /// How a client proves who it is while auth.mode is token; else nothing is asked for.
    private static let schemes: JSON = [
        "bearer": [
            "type": "http", "scheme": "bearer",
            "description": "an access token of the gateway, or a JSON Web Token",
        ],
        "session": [
            "type": "apiKey", "in": "cookie", "name": .string(SessionCookie.name(isSecure: false)),
            "description": "a browser's session, begun with POST /session",
        ],
        "certificate": ["type": "mutualTLS", "description": "a client certificate"],
    ]

    private static let refusal: JSON = [
        "description": "the problem and its remedy",
        "content": [
            "application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]
        ],
    ]

    private static let problem: JSON = {
        let texts = ["type", "title", "detail", "remedy"]
        let properties = texts.map { ($0, ["type": "string"] as JSON) }
        return [
            "type": "object", "required": .strings(texts + ["status"]),
            "properties": .object(properties + [("status", ["type": "integer"])]),
        ]
    }()
}
