internal import Text

/// A type of problem as the description of the routes and `docs/problems.md` have it.
///
/// `scripts/check-docs` compares this table with the source, which makes the problems, and with the
/// page: each has the same types, with the same titles and statuses.
struct ProblemKind: Sendable {
    /// The last part of the `type`.
    let name: String
    /// The statuses with which it is sent.
    let statuses: [Int]
    let title: String
    /// A detail and a remedy as a client may see them.
    let detail: String
    let remedy: String
    /// A further member of the document, as JSON text without the braces.
    let more: String?
    /// Whether the response says in `Retry-After` when to try again.
    let hasRetryAfter: Bool

    init(
        _ name: String, _ statuses: [Int], _ title: String, _ detail: String, _ remedy: String,
        more: String? = nil, hasRetryAfter: Bool = false
    ) {
        self.name = name
        self.statuses = statuses
        self.title = title
        self.detail = detail
        self.remedy = remedy
        self.more = more
        self.hasRetryAfter = hasRetryAfter
    }

    /// A document of this type with a status.
    func example(_ status: Int) -> JSON {
        let start = JSON.object([
            ("type", .string("urn:directory-gateway:problem:\(name)")), ("title", .string(title)),
            ("status", .number(status)), ("detail", .string(detail)), ("remedy", .string(remedy)),
        ])
        guard let more else { return start }
        let text = String(decoding: start.line.dropLast(), as: UTF8.self)
        return .literal("\(text),\(more)}")
    }

    /// Every type, in the order of the statuses.
    static let all =
        refusals + [
            ProblemKind(
                "record-not-found", [404], "Record not found",
                "No record with this cid is stored here: \(Samples.otherCID).",
                "Push the record first, or search with GET /records; nothing was changed.",
                more: "\"cids\":[\"\(Samples.otherCID)\"]"),
            ProblemKind(
                "sync-not-found", [404], "Sync not found",
                "There is no sync 6ba7b810-9dad-41d1-80b4-00c04fd430c8.",
                "List the syncs with GET /syncs."),
            ProblemKind(
                "webhook-not-found", [404], "Webhook not found",
                "There is no webhook 4c5f7a3e-7a0e-4a52-9b5d-0d1f1a2b3c4d of this subject.",
                "List the webhooks with GET /webhooks."),
            ProblemKind(
                "event-not-found", [404], "Event not found",
                "The event log does not have the event \(Samples.eventID).",
                "Replay since a time, or after an event of GET /events/history."),
            ProblemKind(
                "recent-off", [404], "Recent events off",
                "The gateway keeps neither an event log nor the last events.",
                "Set events.recent.max_events, and start the gateway again."),
            ProblemKind(
                "subscriber-not-found", [404], "Subscriber not found",
                "No stream has the number 17.",
                "Use an id of GET /subscribers; the stream may have ended."),
            ProblemKind(
                "history-off", [404], "History off", "The gateway keeps no event log.",
                "Set events.history.max_events, and start the gateway again."),
            ProblemKind(
                "remote-unreachable", [400], "Remote unreachable",
                "The remote does not respond: connection refused.",
                "Check the address, and that the other gateway is running; nothing was stored."),
            ProblemKind(
                "remote-forbidden", [403], "Remote not allowed",
                "The remote has an address that is not allowed.",
                "Ask the operator to allow the remote in sync.allowed_remotes. Link-local and metadata addresses are never allowed."
            ),
            ProblemKind(
                "idempotency-key-in-use", [409], "Idempotency key in use",
                "The first request with this Idempotency-Key is still being carried out.",
                "Repeat the request later, with the same key.", hasRetryAfter: true),
            ProblemKind(
                "idempotency-key-reused", [422], "Idempotency key reused",
                "This Idempotency-Key came with another request within the last 24 h.",
                "Use a new key for each request, and the same key only to repeat one."),
            ProblemKind(
                "sync-ended", [409], "Sync already ended",
                "The sync 6ba7b810-9dad-41d1-80b4-00c04fd430c8 has already ended: COMPLETED.",
                "There is nothing to cancel. The copied records are kept."),
            ProblemKind(
                "invalid-record", [422], "Invalid record",
                "The record has 1 error: /created_at must be a time by RFC 3339, such as 2025-10-18T14:23:15Z.",
                "Correct every place that errors lists, and push again.",
                more:
                    #""errors":[{"pointer":"/created_at","detail":"must be a time by RFC 3339, such as 2025-10-18T14:23:15Z"}]"#
            ),
            ProblemKind(
                "invalid-signature", [422], "Invalid signature",
                "The signature was not made by this key over this cid.",
                "Sign the ASCII bytes of the cid, and send the signature with its algorithm and public key.",
                more: #""part":"signature""#),
            ProblemKind(
                "record-damaged", [500], "Damaged record",
                "The stored record \(Samples.cid) cannot be read, or its content does not match its cid.",
                "Delete the record and push it again. Check the disk of the gateway."),
            ProblemKind(
                "query-timeout", [503], "Query timeout",
                "The query took longer than 2000 ms and was stopped.",
                "Narrow the query: fewer labels, or a name without wildcards. limits.query_time sets the limit.",
                hasRetryAfter: true),
            ProblemKind(
                "cancelled", [503], "Query cancelled", "The query was cancelled.", "Try again."),
            ProblemKind(
                "upstream-unsupported", [501], "Not supported by the upstream",
                "The upstream does not tell the labels of a record.",
                "docs/upstream.md lists what works in front of another Directory."),
            ProblemKind(
                "upstream-failed", [502], "The upstream has failed",
                "The upstream has failed: internal error.",
                "Ask the operator: the log of the upstream has the cause, or the gateway may not do this there."
            ),
            ProblemKind(
                "upstream-unavailable", [503], "Upstream unavailable",
                "The upstream cannot be reached.",
                "Try again later. GET /readyz says whether the upstream is back; a change may have been made if the upstream had received it.",
                hasRetryAfter: true),
            ProblemKind(
                "not-ready", [503], "Not ready", "The disk is full.",
                "Send requests elsewhere for now.", more: #""reasons":["the disk is full"]"#),
            ProblemKind(
                "busy", [503], "Too many syncs", "1000 syncs are waiting already.",
                "Try again later.",
                hasRetryAfter: true),
            ProblemKind(
                "store-unavailable", [503], "Store unavailable", "The disk is full.",
                "Try again later; nothing was changed. The log of the gateway has the cause.",
                hasRetryAfter: true),
            ProblemKind(
                "signing-key", [503], "Signing key unavailable",
                "The file signing.key has no key that can sign.",
                "Attach a signature made elsewhere, or ask the operator to set signing.key to a usable key."
            ),
        ]

    /// Returns the type with a name.
    static func named(_ name: String) -> ProblemKind? {
        all.first { $0.name.hasBytes(of: name) }
    }
}
