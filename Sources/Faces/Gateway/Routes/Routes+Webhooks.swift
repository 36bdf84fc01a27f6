internal import Authentication
internal import Directory
internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import Text
internal import Webhooks

extension Routes {
    private static let members: [Route.Member] =
        [
            .init("url", .text, "the receiver: http or https", isRequired: true)
        ] + changes
    private static let changes: [Route.Member] = [
        .init("types", .texts, "event types, short or long names"),
        .init("labels", .texts, "substrings of labels"),
        .init("cids", .texts, "record cids, sync ids or key fingerprints"),
        .init("format", .text, "standard, cloudevents or cloudevents-batch"),
        .init("description", .text, "a text for people"),
        .init("headers", .fields, "further header fields of each request; their values are hidden"),
    ]

    /// Making, listing and changing webhooks.
    static func webhooks(_ webhooks: WebhookService) -> [Route] {
        [
            Route(
                .post, "/webhooks", "makes a webhook; the response alone has its secret",
                scope: .webhooks, accepts: ["application/json"], members: members,
                responses: [(201, "the webhook, with its secret")]
            ) { request in
                let draft = try WebhookDraft(try await request.object(members.map(\.name)))
                let settings = try draft.settings(for: request.subject)
                let response = { @Sendable (webhook: StoredWebhook) in
                    WebhookJSON.created(webhook)
                }
                let webhook = try await request.keep(response) {
                    try await attempt { () async throws(WebhookError) in
                        try await webhooks.create(settings, by: request.subject.webhookAccess)
                    }
                }
                return .response(response(webhook))
            },
            Route(
                .get, "/webhooks", "webhooks, in the order in which they were made",
                scope: .webhooks,
                parameters: [
                    (name: "limit", meaning: "webhooks in a page, 1 to 1000; 100 if not given"),
                    (name: "after", meaning: "next of the previous page"),
                ]
            ) { request in
                let limit = try request.query.limit()
                let row = try WebhookDraft.row(request.query)
                let found = await webhooks.list(
                    by: request.subject.webhookAccess, after: row, limit: limit + 1)
                return .response(
                    await RouteResponse.largeJSON { WebhookJSON.page(found, limit: limit) })
            },
            Route(.get, "/webhooks/{id}", "a webhook, and how far it is behind", scope: .webhooks) {
                request in
                let (id, access) = (request.webhookID, request.subject.webhookAccess)
                let status = try await attempt { () async throws(WebhookError) in
                    try await webhooks.status(id, by: access)
                }
                return .json(WebhookJSON.status(status))
            },
            Route(
                .patch, "/webhooks/{id}",
                "changes a webhook, for the events that it has not got yet; null resets a member",
                scope: .webhooks, accepts: ["application/json"],
                members: [.init("url", .text, "the receiver: http or https")] + changes,
                responses: [(200, "the webhook")]
            ) { request in
                let body = try await request.object(members.map(\.name))
                let draft = try WebhookDraft(body, isPatch: true)
                let (id, subject) = (request.webhookID, request.subject)
                let status = try await attempt { () async throws(WebhookError) in
                    try await webhooks.update(
                        id, by: subject.webhookAccess, restriction: subject.restriction
                    ) { draft.apply(to: &$0) }
                }
                return .json(WebhookJSON.status(status))
            },
            Route(
                .delete, "/webhooks/{id}", "removes a webhook", scope: .webhooks,
                responses: [(204, "the webhook is removed")]
            ) { request in
                let (id, access) = (request.webhookID, request.subject.webhookAccess)
                try await attempt { () async throws(WebhookError) in
                    try await webhooks.remove(id, by: access)
                }
                return .empty(.noContent)
            },
        ]
    }

    /// Carries out an operation on a webhook.
    /// - Throws: `Problem`.
    static func attempt<T: Sendable>(
        _ operation: () async throws(WebhookError) -> T
    ) async throws(Problem) -> T {
        do { return try await operation() } catch { throw Problem(error) }
    }
}

extension Request {
    /// The id of the webhook in the path.
    var webhookID: String { parameters["id"] ?? "" }
}

extension Subject {
    /// Which webhooks the subject may see and change.
    var webhookAccess: WebhookAccess {
        WebhookAccess(identity: identity, isRestricted: restriction != nil)
    }
}
