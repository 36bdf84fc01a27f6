internal import Directory
internal import HTTPTypes
internal import Records
internal import Text

/// The errors of the operations as problems: the only place that maps them to HTTP.
extension Problem {
    /// Makes the problem of an operation that was not carried out.
    init(_ error: DirectoryError) {
        switch error {
        case .record(.malformed(let reason, let place)):
            self = .malformed("This is not a record: \(reason).", at: place)
        case .record(.invalid(let faults)):
            self.init(
                .unprocessableContent, "invalid-record", "Invalid record",
                "The record has \(faults.count) error\(faults.count == 1 ? "" : "s"): \(Self.summary(faults)).",
                remedy: "Correct every place that errors lists, and push again.")
            more = [
                (
                    "errors",
                    .array(
                        faults.map {
                            ["pointer": .string($0.pointer), "detail": .string($0.detail)]
                        })
                )
            ]
        case .notFound(let cids):
            self.init(
                .notFound, "record-not-found", "Record not found",
                "No record with this cid is stored here: \(cids.joined(separator: ", ")).",
                remedy: "Push the record first, or search with GET /records; nothing was changed.")
            more = [("cids", .strings(cids))]
        case .invalid(let reason):
            self.init(
                .badRequest, "invalid-value", "Invalid value",
                "\(Self.sentence(reason)).",
                remedy: "Correct the value and try again.")
        case .key(.invalid(let part, let reason)):
            self.init(
                .unprocessableContent, "invalid-signature", "Invalid signature",
                "The \(part) \(reason).",
                remedy:
                    "Sign the ASCII bytes of the cid, and send the signature with its algorithm and public key."
            )
            more = [("part", .string(part))]
        case .key(.unusable(let reason)):
            self.init(
                .serviceUnavailable, "signing-key", "Signing key unavailable",
                "\(Self.sentence(reason)).",
                remedy:
                    "Attach a signature made elsewhere, or ask the operator to set signing.key to a usable key."
            )
        case .storeUnavailable(let reason):
            self.init(
                .serviceUnavailable, "store-unavailable", "Store unavailable",
                "\(Self.sentence(reason)).",
                remedy:
                    "Try again later; nothing was changed. The log of the gateway has the cause."
            )
            fields[.retryAfter] = "5"
        case .remote(let error): self.init(error)
        case .syncNotFound(let id):
            self.init(
                .notFound, "sync-not-found", "Sync not found", "There is no sync \(id).",
                remedy: "List the syncs with GET /syncs.")
        case .syncEnded(let id, let state):
            self.init(
                .conflict, "sync-ended", "Sync already ended",
                "The sync \(id) has already ended: \(state.name).",
                remedy: "There is nothing to cancel. The copied records are kept.")
        case .busy(let reason):
            self.init(
                .serviceUnavailable, "busy", "Too many syncs", "\(Self.sentence(reason)).",
                remedy: "Try again later.")
            fields[.retryAfter] = "60"
        case .damaged(let cid):
            self.init(
                .internalServerError, "record-damaged", "Damaged record",
                "The stored record \(cid) cannot be read, or its content does not match its cid.",
                remedy: "Delete the record and push it again. Check the disk of the gateway.")
        case .queryTimeout(let limit):
            self.init(
                .serviceUnavailable, "query-timeout", "Query timeout",
                "The query took longer than \(limit.milliseconds) ms and was stopped.",
                remedy:
                    "Narrow the query: fewer labels, or a name without wildcards. limits.query_time sets the limit."
            )
            fields[.retryAfter] = "5"
        case .cancelled:
            self.init(
                .serviceUnavailable, "cancelled", "Query cancelled", "The query was cancelled.",
                remedy: "Try again.")
        case .upstreamUnavailable, .upstreamUnsupported, .upstreamFailed: self.init(upstream: error)
        }
    }

    private init(_ error: RemoteError) {
        switch error.kind {
        case .forbidden:
            self.init(
                .forbidden, "remote-forbidden", "Remote not allowed",
                "The remote \(error.reason).",
                remedy:
                    "Ask the operator to allow the remote in outbound.allowed_remotes or sync.allowed_remotes. Link-local and metadata addresses are never allowed."
            )
        case .invalidAddress:
            self.init(
                .badRequest, "invalid-value", "Invalid value",
                "The remote_directory_url \(error.reason).",
                remedy: "Give the address of the other gateway.")
        case .unavailable, .notFound, .badAnswer:
            self.init(
                .badRequest, "remote-unreachable", "Remote unreachable",
                "The remote \(error.reason).",
                remedy:
                    "Check the address, and that the other gateway is running; nothing was stored.")
        }
    }

    private static func summary(_ faults: [RecordFault]) -> String {
        let shown = faults.prefix(3).map { "\($0.pointer) \($0.detail)" }.joined(separator: "; ")
        return faults.count > 3 ? shown + "; …" : shown
    }

    /// Returns a reason with a capital first letter.
    static func sentence(_ reason: String) -> String {
        guard let first = reason.utf8.first, ASCII.isLower(first) else { return reason }
        return String(decoding: [first & 0xDF] + Array(reason.utf8.dropFirst()), as: UTF8.self)
    }
}
