internal import HTTPTypes
internal import Text

/// The responses of an operation that refuse a request.
enum ProblemResponses {
    /// Responses that many operations have: those with one type of problem.
    static let shared: [(String, JSON)] = ProblemKind.all.flatMap { kind in
        kind.statuses.map { (name(kind, $0), response([kind], $0, hasBody: true)) }
    }

    /// Returns the responses of an operation by status, with the types of problems of each.
    /// - Parameter own: the types that only this operation has.
    static func of(_ route: Route, _ own: [String]) -> [(String, JSON)] {
        let hasBody = !route.method.rawValue.hasBytes(of: "HEAD")
        var kinds: [Int: [ProblemKind]] = [:]
        for kind in types(of: route, own) {
            for status in kind.statuses { kinds[status, default: []].append(kind) }
        }
        return kinds.sorted { $0.key < $1.key }.map { status, kinds in
            guard kinds.count == 1, hasBody else {
                return (String(status), response(kinds, status, hasBody: hasBody))
            }
            let path = "#/components/responses/\(name(kinds[0], status))"
            return (String(status), ["$ref": .string(path)])
        }
    }

    /// Returns every type of problem of an operation: those that its line in the table implies, and its
    /// own.
    private static func types(of route: Route, _ own: [String]) -> [ProblemKind] {
        var names = ["malformed-request", "unknown-parameter", "misdirected", "internal"]
        if route.admission != .vital { names.append("out-of-memory") }
        if route.admission == .operation { names += ["full", "too-many-from-address"] }
        if route.scope != nil {
            names += ["unauthenticated", "forbidden", "keys-unavailable"]
            if !["GET", "HEAD"].contains(bytesOf: route.method.rawValue) {
                names.append("foreign-origin")
            }
            if route.admission == .operation { names.append("too-many-operations") }
        }
        if !route.accepts.isEmpty { names += ["unsupported-type", "too-large", "too-slow"] }
        if route.takesKey {
            names += ["invalid-value", "idempotency-key-in-use", "idempotency-key-reused"]
        }
        if !route.members.isEmpty { names += ["malformed-json", "unknown-member"] }
        // What the store does here, another Directory does if the gateway is in front of one.
        if own.contains(bytesOf: "store-unavailable") {
            names += ["upstream-unsupported", "upstream-failed", "upstream-unavailable"]
        }
        let all = names + own.filter { !names.contains(bytesOf: $0) }
        return ProblemKind.all.filter { all.contains(bytesOf: $0.name) }
    }

    private static func name(_ kind: ProblemKind, _ status: Int) -> String {
        kind.statuses.count == 1 ? kind.name : "\(kind.name)-\(status)"
    }

    private static func response(_ kinds: [ProblemKind], _ status: Int, hasBody: Bool) -> JSON {
        let titles = kinds.map { "\($0.title) (`\($0.name)`)" }.joined(separator: ", ")
        var members: [(String, JSON)] = [("description", .string(titles))]
        if kinds.contains(where: \.hasRetryAfter) {
            let field: JSON = [
                "description": "when to try again, in seconds", "schema": ["type": "integer"],
            ]
            members.append(("headers", ["Retry-After": field]))
        }
        guard hasBody else { return .object(members) }
        let examples = kinds.map { kind in
            (
                kind.name,
                kind.statuses[0] == status
                    ? ["$ref": .string("#/components/examples/\(kind.name)")] as JSON
                    : ["summary": .string(kind.title), "value": kind.example(status)]
            )
        }
        let media: JSON = [
            "schema": ["$ref": "#/components/schemas/Problem"], "examples": .object(examples),
        ]
        members.append(("content", ["application/problem+json": media]))
        return .object(members)
    }
}
