internal import Authentication
internal import Directory
internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import Text
internal import Webhooks

extension Routes {
    /// What is done with one webhook.
    /// - Parameter now: returns microseconds since 1970.
    static func webhookActions(
        _ webhooks: WebhookService, _ log: any EventLog, now: @escaping @Sendable () -> Int64
    ) -> [Route] {
        [
            Route(
                .post, "/webhooks/{id}/test", "sends a message without an event, and waits",
                scope: .webhooks, responses: [(200, "the attempt")]
            ) { request in
                let (id, access) = (request.webhookID, request.subject.webhookAccess)
                let delivery = try await attempt { () async throws(WebhookError) in
                    try await webhooks.test(id, by: access)
                }
                return .json(WebhookJSON.delivery(delivery))
            },
            Route(
                .post, "/webhooks/{id}/rotate",
                "makes a new secret; for 24 h messages are signed with the one before too",
                scope: .webhooks, responses: [(200, "the new secret")]
            ) { request in
                let id = request.webhookID
                let response = { @Sendable (secrets: WebhookSecrets) in
                    WebhookJSON.rotated(id, secrets)
                }
                let secrets = try await request.keep(response) {
                    try await attempt { () async throws(WebhookError) in
                        try await webhooks.rotate(id, by: request.subject.webhookAccess)
                    }
                }
                return .response(response(secrets))
            },
            Route(
                .post, "/webhooks/{id}/enable", "goes on where the webhook was, at once",
                scope: .webhooks, responses: [(200, "the webhook")]
            ) { try await set(true, $0, webhooks) },
            Route(
                .post, "/webhooks/{id}/disable", "ends the delivery for now", scope: .webhooks,
                responses: [(200, "the webhook")]
            ) { try await set(false, $0, webhooks) },
            Route(
                .post, "/webhooks/{id}/replay",
                "sends events again, in their order: {\"since\"}, {\"after\"} or {\"delivery\"}",
                scope: .webhooks, accepts: ["application/json"],
                members: [
                    .init("since", .text, "a time (RFC 3339), or how long ago, such as 10m"),
                    .init("after", .text, "the id of the event before the first one"),
                    .init("delivery", .number, "the number of the attempt with the first one"),
                ], responses: [(200, "the webhook, and reset if events are missing")]
            ) { request in
                let body = try await request.object(["since", "after", "delivery"])
                let (place, reset) = try await place(body, request, webhooks, log, now)
                let (id, access) = (request.webhookID, request.subject.webhookAccess)
                let status = try await attempt { () async throws(WebhookError) in
                    try await webhooks.replay(id, after: place, by: access)
                }
                return .json(WebhookJSON.status(status, reset: reset))
            },
            Route(
                .get, "/webhooks/{id}/deliveries", "the last 100 attempts, newest first",
                scope: .webhooks,
                parameters: [
                    (name: "state", meaning: "succeeded or failed"),
                    (name: "limit", meaning: "attempts in a page, 1 to 1000; 100 if not given"),
                    (name: "after", meaning: "next of the previous page"),
                ]
            ) { request in
                let isSuccess = try WebhookDraft.isSuccess(request.query)
                let (limit, after) = (
                    try request.query.limit(), try request.query.single("after")
                )
                let (id, access) = (request.webhookID, request.subject.webhookAccess)
                let page = try await attempt { () async throws(WebhookError) in
                    try await webhooks.deliveries(
                        of: id, isSuccess: isSuccess, limit: limit, after: after, by: access)
                }
                return .response(await RouteResponse.largeJSON { WebhookJSON.page(page) })
            },
        ]
    }

    /// Enables or disables a webhook.
    private static func set(_ isEnabled: Bool, _ request: Request, _ webhooks: WebhookService)
        async throws -> RouteResponse
    {
        let (id, access) = (request.webhookID, request.subject.webhookAccess)
        let status = try await attempt { () async throws(WebhookError) in
            try await webhooks.setEnabled(isEnabled, id, by: access)
        }
        return .json(WebhookJSON.status(status))
    }

    /// Finds where a replay begins.
    private static func place(
        _ body: JSONValue, _ request: Request, _ webhooks: WebhookService, _ log: any EventLog,
        _ now: @escaping @Sendable () -> Int64
    ) async throws -> (EventPlace, EventLogReset?) {
        let (since, after) = (try body.text("since"), try body.text("after"))
        let number = try WebhookDraft.number(body, "delivery")
        switch (since, after, number) {
        case (let since?, nil, nil):
            let time = try PastQuery(log: log, now: now).time(since)
            switch try await log.start(since: time) {
            case .known(let place): return (place, nil)
            case .unknown(let reset): return (reset.oldest, reset)
            case .cut(let place, let reset): return (place, reset)
            }
        case (nil, let after?, nil):
            switch try await log.start(after: try PastQuery.id(after, of: "after")) {
            case .known(let place): return (place, nil)
            case .unknown(let reset) where reset.cause == .evicted: return (reset.oldest, reset)
            case .cut(let place, let reset): return (place, reset)
            case .unknown: throw Problem.eventNotFound(after)
            }
        case (nil, nil, let number?):
            let (id, access) = (request.webhookID, request.subject.webhookAccess)
            let delivery = try await attempt { () async throws(WebhookError) in
                try await webhooks.delivery(number, of: id, by: access)
            }
            guard let first = delivery?.firstEvent, let event = EventID(first),
                case .known(let place) = try await log.start(after: event)
            else { throw Problem.eventNotFound("of the delivery \(number)") }
            return (EventPlace(after: place.position - 1), nil)
        default:
            throw Problem.invalid(
                "The body must have exactly one of since, after and delivery.",
                remedy: "Send one of them.")
        }
    }
}
