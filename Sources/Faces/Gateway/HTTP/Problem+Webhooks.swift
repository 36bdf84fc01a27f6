internal import Directory
internal import HTTPTypes
internal import Text
internal import Webhooks

/// The errors of webhooks as problems.
extension Problem {
    /// Makes the problem of a webhook that was not made, changed or used.
    init(_ error: WebhookError) {
        switch error {
        case .notFound(let id):
            self.init(
                .notFound, "webhook-not-found", "Webhook not found",
                "There is no webhook \(id.clipped(to: 64)) of this subject.",
                remedy: "List the webhooks with GET /webhooks.")
        case .invalid(let member, let reason):
            self = .invalid(
                "The member \(member) \(reason).", remedy: "Correct it; nothing was changed.")
        case .forbidden(let reason):
            self.init(
                .forbidden, "remote-forbidden", "Remote not allowed",
                "The member url \(reason).",
                remedy:
                    "Ask the operator to allow the receiver in outbound.allowed_remotes. Link-local and metadata addresses are never allowed."
            )
        case .tooManyTests:
            self.init(
                .tooManyRequests, "too-many-operations", "Too many operations",
                "Too many webhooks are being tested at the moment.", remedy: "Try again in 5 s.")
            fields[.retryAfter] = "5"
        case .directory(let error): self.init(error)
        }
    }

    /// Returns the problem of a replay from an event that the log does not have.
    static func eventNotFound(_ event: String) -> Problem {
        Problem(
            .notFound, "event-not-found", "Event not found",
            "The event log does not have the event \(event.clipped(to: 64)).",
            remedy: "Replay since a time, or after an event of GET /events/history.")
    }
}
