/// The problems of a request that has not reached its operation.
extension ProblemKind {
    static let refusals = [
        ProblemKind(
            "malformed-request", [400, 408, 413, 414, 417, 431, 505], "Malformed request",
            "The request line is too long.", "Correct the client. The connection is closed."),
        ProblemKind(
            "malformed-json", [400], "Malformed JSON",
            "The body is not JSON: the text ends too early, at byte 17.",
            "Send one JSON object, in UTF-8, without duplicate keys.",
            more: #""line":1,"column":18"#),
        ProblemKind(
            "unknown-member", [400], "Unknown member",
            "Unknown member 'cid', did you mean 'cids'?", "Allowed members: cids, all, labels."),
        ProblemKind(
            "unknown-parameter", [400], "Unknown parameter",
            "Unknown parameter 'label', did you mean 'labels'?",
            "Allowed parameters: types, labels, cids, last_event_id, since."),
        ProblemKind(
            "invalid-value", [400], "Invalid value", "The parameter limit is '0'.",
            "Use a number from 1 to 1000."),
        ProblemKind(
            "disconnected", [400], "Client disconnected",
            "The connection ended before the end of the body.", "Send the whole body."),
        ProblemKind(
            "unauthenticated", [401], "Authentication required", "The request carries no token.",
            "Send 'Authorization: Bearer TOKEN'; 'dir-gateway token create' makes a token."),
        ProblemKind(
            "forbidden", [403], "Permission denied", "The token lacks the scope records:write.",
            "Use a token with records:write: 'dir-gateway token create --scopes records:write'."),
        ProblemKind(
            "foreign-origin", [403], "Origin not allowed",
            "A page of another origin must not make changes with a browser's sign-in.",
            "Add the origin to cors.allowed_origins, or send a bearer token."),
        ProblemKind(
            "unknown-path", [404], "Not found", "No route or file has the path /record.",
            "See GET /openapi.json for the routes."),
        ProblemKind(
            "wrong-method", [405], "Method not allowed", "/push does not allow the method GET.",
            "Use OPTIONS, POST."),
        ProblemKind(
            "not-acceptable", [406], "Not acceptable",
            "The Accept field allows none of the available formats.",
            "Ask for text/event-stream or application/x-ndjson."),
        ProblemKind(
            "too-slow", [408], "Request timeout", "The body did not arrive in time.",
            "Send the body faster, or send a smaller one."),
        ProblemKind(
            "too-large", [413], "Content too large", "The body is longer than 4194304 bytes.",
            "Send a smaller body, or one record per line as application/x-ndjson. limits.body_bytes sets the limit."
        ),
        ProblemKind(
            "unsupported-type", [415], "Unsupported media type",
            "A body of type text/plain is not accepted here.", "Send it as application/json."),
        ProblemKind(
            "misdirected", [421], "Misdirected request",
            "The Host of the request is not a name of this gateway.",
            "Use localhost or 127.0.0.1, or add the name to allowed_hosts."),
        ProblemKind(
            "too-many-from-address", [429], "Address limit reached",
            "This address has reached its limit of connections, streams or filter items.",
            "Close a stream, or try again in 5 s.", hasRetryAfter: true),
        ProblemKind(
            "too-many-operations", [429], "Too many operations",
            "Operations come faster than limits.operations_per_second allows.",
            "Try again in 1 s.", hasRetryAfter: true),
        ProblemKind(
            "internal", [500], "Internal server error",
            "The gateway failed to handle the request.",
            "Report it with the log of the gateway."),
        ProblemKind(
            "full", [503], "Capacity limit reached",
            "The gateway has no room for another connection, stream or filter.",
            "Try again in 5 s.", hasRetryAfter: true),
        ProblemKind(
            "out-of-memory", [503], "Memory limit reached",
            "The requests, responses and event queues of all clients have reached the memory limit.",
            "Try again later. limits.memory sets the limit.", hasRetryAfter: true),
        ProblemKind(
            "draining", [503], "Server shutting down", "The gateway is shutting down.",
            "Try again in 5 s.", hasRetryAfter: true),
        ProblemKind(
            "keys-unavailable", [503], "Keys unavailable",
            "The keys that JSON Web Tokens are checked with cannot be loaded.",
            "Retry later; the log of the gateway says what failed.", hasRetryAfter: true),
    ]
}
