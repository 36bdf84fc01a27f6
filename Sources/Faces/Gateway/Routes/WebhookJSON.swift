internal import Directory
internal import EventHub
internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import Text
internal import Webhooks

/// Webhooks and their attempts as JSON. Secrets are in it once, when they are made; the values of header
/// fields, which may be secrets, never.
enum WebhookJSON {
    /// The response that makes a webhook.
    static func created(_ webhook: StoredWebhook) -> Response {
        let status = WebhookStatus(webhook: webhook, lagEvents: 0, lag: .zero)
        return Response(
            json: .object(
                members(status) + [
                    ("secret", .string(Signing.text(ofKey: webhook.secrets.current)))
                ]
            ), status: .created, fields: [.location: "/webhooks/\(webhook.id)"])
    }

    /// The response that makes a new secret.
    static func rotated(_ id: String, _ secrets: WebhookSecrets) -> Response {
        Response(json: [
            "id": .string(id), "secret": .string(Signing.text(ofKey: secrets.current)),
            "previous_secret_until": .string(Timestamp.format(secrets.previousUntil)),
        ])
    }

    /// A webhook.
    /// - Parameter reset: why not all events of a replay can be sent.
    static func status(_ status: WebhookStatus, reset: EventLogReset? = nil) -> JSON {
        .object(members(status) + (reset.map { [("reset", $0.json)] } ?? []))
    }

    /// A page of webhooks.
    /// - Parameter found: one more than `limit`, if there are more.
    static func page(_ found: [WebhookStatus], limit: Int) -> JSON {
        var page: [(String, JSON)] = [
            ("webhooks", .array(found.prefix(limit).map { status($0) }))
        ]
        if found.count > limit {
            page.append(("next", .string(String(found[limit - 1].webhook.row))))
        }
        return .object(page)
    }

    /// A page of attempts.
    static func page(_ page: WebhookDeliveryPage) -> JSON {
        var members: [(String, JSON)] = [("deliveries", .array(page.items.map(delivery)))]
        if let next = page.next { members.append(("next", .string(next))) }
        return .object(members)
    }

    /// An attempt.
    static func delivery(_ delivery: WebhookDelivery) -> JSON {
        var members: [(String, JSON)] = [
            ("number", .literal(String(delivery.number))),
            ("webhook_message_id", .string(delivery.messageID)), ("kind", .string(delivery.kind)),
            ("events", .number(delivery.events)), ("attempt", .number(delivery.attempt)),
            ("at", .string(Timestamp.format(delivery.at))),
            ("duration_seconds", seconds(.microseconds(delivery.took))),
            ("state", .string(delivery.isSuccess ? "succeeded" : "failed")),
        ]
        if let event = delivery.firstEvent { members.append(("first_event_id", .string(event))) }
        if let status = delivery.status { members.append(("status", .number(status))) }
        if let reason = delivery.reason { members.append(("reason", .string(reason))) }
        members.append(("response", .string(String(decoding: delivery.response, as: UTF8.self))))
        return .object(members)
    }

    private static func members(_ status: WebhookStatus) -> [(String, JSON)] {
        let webhook = status.webhook
        let (settings, progress) = (webhook.settings, webhook.progress)
        var members: [(String, JSON)] = [
            ("id", .string(webhook.id)), ("url", .string(settings.url)),
            ("format", .string(settings.format.name)), ("state", .string(state(progress))),
        ]
        if let reason = progress.disabledReason {
            members.append(("disabled_reason", .string(reason)))
        }
        if let text = settings.description { members.append(("description", .string(text))) }
        if case .object(let filter) = settings.asked.restrictionJSON { members += filter }
        if let restriction = settings.restriction {
            members.append(("restricted_to", restriction.restrictionJSON))
        }
        if !settings.fields.isEmpty {
            let hidden = JSON.string(WebhookDraft.hiddenValue)
            members.append(("headers", .object(settings.fields.map { ($0.name, hidden) })))
        }
        members += [
            ("created_at", .string(Timestamp.format(webhook.createdAt))),
            ("lag_events", .number(status.lagEvents)),
            ("lag_seconds", status.lag.map(seconds) ?? .literal("null")),
            ("attempts", .literal(String(progress.attempts))),
            ("failures", .number(progress.failures)),
        ]
        if let time = progress.lastSuccessAt {
            members.append(("last_success_at", .string(Timestamp.format(time))))
        }
        if let failure = progress.lastFailure {
            members.append(("last_failure", self.failure(failure)))
        }
        if let time = progress.nextAttemptAt, progress.failures > 0 {
            members.append(("next_attempt_at", .string(Timestamp.format(time))))
        }
        return members
    }

    private static func failure(_ failure: WebhookProgress.Failure) -> JSON {
        var members: [(String, JSON)] = [("at", .string(Timestamp.format(failure.at)))]
        if let status = failure.status { members.append(("status", .number(status))) }
        return .object(members + [("reason", .string(failure.reason))])
    }

    private static func state(_ progress: WebhookProgress) -> String {
        guard progress.isEnabled else { return "disabled" }
        return progress.failures > 0 ? "retrying" : "enabled"
    }

    private static func seconds(_ time: Duration) -> JSON {
        .literal(DurationText.formatSeconds(time))
    }
}
