internal import HTTPTypes

/// Making, listing and changing webhooks.
extension RouteDescription {
    /// The key with which a request may be repeated.
    static let key = Field(
        "Idempotency-Key",
        "a request that is repeated with this key within 24 h gets the stored response",
        Value(
            #"{"type":"string","minLength":1,"maxLength":255,"pattern":"^[!-~]+$"}"#,
            example: #""order-17""#))

    static let webhookID: [(name: String, value: Value)] = [
        (
            "id",
            Value(
                #"{"type":"string","format":"uuid"}"#, example: "\"\(Samples.webhookID)\"",
                meaning: "the id of the webhook")
        )
    ]
    static let webhookProblems = ["webhook-not-found", "store-unavailable"]

    static let webhooks = [
        RouteDescription(
            .post, "/webhooks", id: "createWebhook", .webhooks,
            """
            Each event that the filter matches is posted to `url`, at least once and in order, signed as \
            Standard Webhooks 1.0.0 says. The first webhook turns the event log on. \
            `outbound.allowed_remotes` says which addresses are allowed.
            """,
            request: [
                .json(
                    "WebhookDraft",
                    example: #"{"url":"http://127.0.0.1:9000/hook","types":["RECORD_PUSHED"]}"#)
            ],
            responses: [
                Response(
                    201, .json("NewWebhook", example: Samples.newWebhook),
                    fields: [
                        Field(
                            "Location", "the path of the webhook",
                            .text("/webhooks/\(Samples.webhookID)"))
                    ])
            ], problems: ["invalid-value", "remote-forbidden", "store-unavailable"]),
        RouteDescription(
            .get, "/webhooks", id: "listWebhooks", .webhooks,
            "A token with an event filter sees the webhooks of its own subject only.",
            parameters: [("limit", .limit), ("after", .named("Cursor", example: #""17""#))],
            responses: [
                Response(
                    200, .json("WebhookPage", example: #"{"webhooks":[\#(Samples.webhook)]}"#))
            ], problems: ["invalid-value"]),
        RouteDescription(
            .get, "/webhooks/{id}", id: "getWebhook", .webhooks, parameters: webhookID,
            responses: [Response(200, .json("Webhook", example: Samples.webhook))],
            problems: webhookProblems),
        RouteDescription(
            .patch, "/webhooks/{id}", id: "updateWebhook", .webhooks,
            "A member that is null has its default again.", parameters: webhookID,
            request: [.json("WebhookChange", example: #"{"types":null,"format":"cloudevents"}"#)],
            responses: [Response(200, .json("Webhook", example: Samples.webhook))],
            problems: ["invalid-value", "remote-forbidden"] + webhookProblems),
        RouteDescription(
            .delete, "/webhooks/{id}", id: "deleteWebhook", .webhooks,
            "Without the last webhook, the event log is off, unless the settings want it.",
            parameters: webhookID, responses: [Response(204)], problems: webhookProblems),
    ]
}
