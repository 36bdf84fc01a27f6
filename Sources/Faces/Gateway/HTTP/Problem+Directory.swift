internal import Directory
internal import HTTPTypes
internal import Records
internal import Text

/// What the operations refuse, as HTTP says it: the only place where the two meet.
extension Problem {
    init(_ error: DirectoryError) {
        switch error {
        case .record(.malformed(let reason)):
            self.init(
                .badRequest, "malformed-json", "Not a record",
                "The body is not a record: \(reason).",
                remedy: "Send one JSON object, in UTF-8, without duplicate keys.")
        case .record(.invalid(let faults)):
            self.init(
                .unprocessableContent, "invalid-record", "The record breaks the rules",
                "The record has \(faults.count) fault\(faults.count == 1 ? "" : "s"): \(Self.summary(faults)).",
                remedy: "Correct every place listed under errors and push again.")
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
                .notFound, "record-not-found", "No such record",
                "No record with this cid is stored here: \(cids.joined(separator: ", ")).",
                remedy: "Push it first, or look for it with GET /records; nothing was changed.")
            more = [("cids", .strings(cids))]
        case .invalid(let reason):
            self.init(
                .badRequest, "invalid-value", "A value is not possible",
                "\(Self.sentence(reason)).",
                remedy: "Correct the value and try again.")
        case .key(.invalid(let part, let reason)):
            self.init(
                .unprocessableContent, "invalid-signature", "The signature is not accepted",
                "The \(part) \(reason).",
                remedy:
                    "Sign the ASCII bytes of the cid, and send what the key and the signature are.")
            more = [("part", .string(part))]
        case .key(.unusable(let reason)):
            self.init(
                .serviceUnavailable, "signing-key", "The gateway cannot sign",
                "\(Self.sentence(reason)).",
                remedy:
                    "The operator sets signing.key to a key that can be used, or attach a signature made elsewhere."
            )
        case .storeUnavailable(let reason):
            self.init(
                .serviceUnavailable, "store-unavailable", "The store does not work",
                "\(Self.sentence(reason)).",
                remedy:
                    "Try again later; nothing was changed. The operator finds the cause in the log."
            )
            fields[.retryAfter] = "5"
        case .remote(let error): self.init(error)
        case .syncNotFound(let id):
            self.init(
                .notFound, "sync-not-found", "No such sync", "There is no sync \(id).",
                remedy: "GET /syncs lists them.")
        case .syncEnded(let id, let state):
            self.init(
                .conflict, "sync-ended", "The sync has ended",
                "The sync \(id) has ended already: \(state.name).",
                remedy: "Nothing is left to cancel; what it copied stays.")
        case .busy(let reason):
            self.init(
                .serviceUnavailable, "busy", "Too much to do", "\(Self.sentence(reason)).",
                remedy: "Try again later.")
            fields[.retryAfter] = "60"
        case .damaged(let cid):
            self.init(
                .internalServerError, "record-damaged", "A record is damaged",
                "What is stored under \(cid) cannot be read, or does not hash to it.",
                remedy: "Push the record again after deleting it, and check the disk.")
        case .queryTimeout(let limit):
            self.init(
                .serviceUnavailable, "query-timeout", "Query timeout",
                "The query took longer than \(limit.milliseconds) ms and was given up.",
                remedy:
                    "Ask for less: fewer labels, a name without wildcards; limits.query_time sets the limit."
            )
            fields[.retryAfter] = "5"
        case .cancelled:
            self.init(
                .serviceUnavailable, "cancelled", "Cancelled", "The query was cancelled.",
                remedy: "Try again.")
        }
    }

    private init(_ error: RemoteError) {
        switch error.kind {
        case .forbidden:
            self.init(
                .forbidden, "remote-forbidden", "The remote may not be reached",
                "The remote \(error.reason).",
                remedy:
                    "The operator allows remotes in sync.allowed_remotes; link-local and metadata addresses are never allowed."
            )
        case .invalidAddress:
            self.init(
                .badRequest, "invalid-value", "A value is not possible",
                "The remote_directory_url \(error.reason).",
                remedy: "Give the address of the other gateway.")
        case .unavailable, .notFound, .badAnswer:
            self.init(
                .badRequest, "remote-unreachable", "The remote cannot be reached",
                "The remote \(error.reason).",
                remedy: "Check the address and that the other gateway runs; nothing was stored.")
        }
    }

    private static func summary(_ faults: [RecordFault]) -> String {
        let shown = faults.prefix(3).map { "\($0.pointer) \($0.detail)" }.joined(separator: "; ")
        return faults.count > 3 ? shown + "; …" : shown
    }

    private static func sentence(_ reason: String) -> String {
        guard let first = reason.utf8.first, ASCII.isLower(first) else { return reason }
        return String(decoding: [first & 0xDF] + Array(reason.utf8.dropFirst()), as: UTF8.self)
    }
}
