internal import Authentication
internal import HTTPTypes
internal import Text

/// The table of routes as an OpenAPI 3.1 document. Methods, paths, parameters, media types, scopes and
/// statuses come from the table itself; schemas, examples and problems from `RouteDescription`.
enum OpenAPI {
    /// Returns the document, encoded.
    /// - Parameters:
    ///   - isOpen: whether requests without a proof are allowed too.
    ///   - isSecure: whether connections are over TLS: the session's cookie has another name then.
    static func document(_ routes: [Route], isOpen: Bool, isSecure: Bool) -> [UInt8] {
        var patterns: [String] = []
        for route in routes where !patterns.contains(bytesOf: route.pattern) {
            patterns.append(route.pattern)
        }
        let paths = patterns.map { pattern in
            let operations = routes.filter { $0.pattern.hasBytes(of: pattern) }
            return (pattern, JSON.object(operations.map { operation($0, isOpen: isOpen) }))
        }
        let used = routes.compactMap { RouteDescription.of($0.method, $0.pattern)?.group }
        let groups = RouteDescription.Group.allCases.filter { used.contains($0) }
        let document: JSON = [
            "openapi": "3.1.0", "info": info, "servers": [["url": "/"]],
            "tags": .array(
                groups.map {
                    ["name": .string($0.name), "description": .string($0.summary)]
                }), "paths": .object(paths), "components": components(isSecure: isSecure),
        ]
        return document.line + [0x0A]
    }

    private static let info: JSON = [
        "title": "Directory Gateway", "version": .string(GatewayServer.version),
        "summary": "A Directory of AI-agent records, and the stream of its events.",
        "description": .string(
            """
            Every refusal is an `application/problem+json` document with a `remedy`. Unknown parameters \
            and members are refused, so that a typo does not match everything. While `auth.mode` is \
            `token`, an operation needs the scope that its `security` names; no scope includes another.
            """),
        "license": ["name": "Apache 2.0", "identifier": "Apache-2.0"],
    ]

    private static func components(isSecure: Bool) -> JSON {
        let schemas = Schemas.all.map { ($0.name, JSON.literal($0.text)) }
        let examples = ProblemKind.all.map { kind in
            let value = kind.example(kind.statuses[0])
            return (kind.name, ["summary": .string(kind.title), "value": value] as JSON)
        }
        return [
            "schemas": .object(schemas), "examples": .object(examples),
            "responses": .object(ProblemResponses.shared), "securitySchemes": schemes(isSecure),
        ]
    }

    /// How a client proves who it is while auth.mode is token; else nothing is asked for.
    private static func schemes(_ isSecure: Bool) -> JSON {
        let cookie = SessionCookie.name(isSecure: isSecure)
        return [
            "bearer": [
                "type": "http", "scheme": "bearer",
                "description": "an access token of the gateway, or a JSON Web Token",
            ],
            "session": [
                "type": "apiKey", "in": "cookie", "name": .string(cookie),
                "description": "a browser's session, begun with POST /session",
            ],
            "certificate": ["type": "mutualTLS", "description": "a client certificate"],
        ]
    }

    // MARK: Operations

    private static func operation(_ route: Route, isOpen: Bool) -> (String, JSON) {
        let more = RouteDescription.of(route.method, route.pattern)
        var members: [(String, JSON)] = []
        if let more {
            members.append(("operationId", .string(more.id)))
            members.append(("tags", .strings([more.group.name])))
        }
        members.append(("summary", .string(route.summary)))
        if let text = more?.text, !text.isEmpty { members.append(("description", .string(text))) }
        let parameters = parameters(route, more)
        if !parameters.isEmpty { members.append(("parameters", .array(parameters))) }
        if !route.accepts.isEmpty { members.append(("requestBody", body(route, more))) }
        members.append(("security", .array(proofs(route, more, isOpen: isOpen))))
        let successes = route.responses.map { response in
            // Routes with one response leave its meaning to their summary.
            let meaning = response.meaning.hasBytes(of: "done") ? route.summary : response.meaning
            return (String(response.status), success(response.status, meaning, more))
        }
        let problems = ProblemResponses.of(route, more?.problems ?? [])
        members.append(("responses", .object(successes + problems)))
        return (route.method.rawValue.lowercasedASCII, .object(members))
    }

    /// Returns the proofs of which a request needs one, each with the scope that its subject needs.
    private static func proofs(_ route: Route, _ more: RouteDescription?, isOpen: Bool) -> [JSON] {
        // A route without a scope may need a subject all the same.
        let needsSubject = more?.problems.contains(bytesOf: "unauthenticated") == true
        guard route.scope != nil || needsSubject else { return [] }
        let scopes = route.scope.map { [$0.name] } ?? []
        let allowed = ["bearer", "session", "certificate"].map {
            JSON.object([($0, .strings(scopes))])
        }
        return isOpen ? [.object([])] + allowed : allowed
    }

    private static func parameters(_ route: Route, _ more: RouteDescription?) -> [JSON] {
        let inPath = route.pathParameters.map { name in
            parameter(name, "path", "", more?.value(of: name), isRequired: true)
        }
        let inQuery = route.parameters.map {
            parameter($0.name, "query", $0.meaning, more?.value(of: $0.name))
        }
        let key = route.takesKey ? [RouteDescription.key] : []
        let inHeader = ((more?.fields ?? []) + key).map {
            parameter($0.name, "header", $0.meaning, $0.value)
        }
        return inPath + inQuery + inHeader
    }

    private static func parameter(
        _ name: String, _ place: String, _ meaning: String, _ value: RouteDescription.Value?,
        isRequired: Bool = false
    ) -> JSON {
        var members: [(String, JSON)] = [
            ("name", .string(name)), ("in", .string(place)), ("required", .bool(isRequired)),
        ]
        let text = meaning.isEmpty ? value?.meaning ?? "" : meaning
        if !text.isEmpty { members.append(("description", .string(text))) }
        members.append(("schema", .literal(value?.schema ?? #"{"type":"string"}"#)))
        if let value { members.append(("example", .literal(value.example))) }
        // A list is one parameter with commas; it may also be repeated.
        if place.hasBytes(of: "query"), value?.schema.hasBytePrefix(#"{"type":"array""#) == true {
            members += [("style", "form"), ("explode", false)]
        }
        return .object(members)
    }

    private static func body(_ route: Route, _ more: RouteDescription?) -> JSON {
        let content = route.accepts.map { type in
            (type, media((more?.request ?? []).first { $0.type.hasBytes(of: type) }?.value))
        }
        return ["required": true, "content": .object(content)]
    }

    private static func success(_ status: Int, _ meaning: String, _ more: RouteDescription?)
        -> JSON
    {
        var members: [(String, JSON)] = [("description", .string(meaning))]
        guard let response = more?.responses.first(where: { $0.status == status }) else {
            return .object(members)
        }
        if !response.fields.isEmpty {
            let fields = response.fields.map { field in
                let value: JSON = [
                    "description": .string(field.meaning), "schema": .literal(field.value.schema),
                    "example": .literal(field.value.example),
                ]
                return (field.name, value)
            }
            members.append(("headers", .object(fields)))
        }
        if !response.content.isEmpty {
            let content = response.content.map { ($0.type, media($0.value)) }
            members.append(("content", .object(content)))
        }
        return .object(members)
    }

    private static func media(_ value: RouteDescription.Value?) -> JSON {
        guard let value else { return [:] }
        return ["schema": .literal(value.schema), "example": .literal(value.example)]
    }
}

extension RouteDescription {
    /// Returns the value of a parameter; nil when it has no description.
    func value(of name: String) -> Value? {
        parameters.first { $0.name.hasBytes(of: name) }?.value
    }
}
