internal import HTTPTypes

/// What is done with one webhook.
extension RouteDescription {
    static let webhookActions = [
        RouteDescription(
            .post, "/webhooks/{id}/test", id: "testWebhook", .webhooks,
            "Also while the webhook is disabled. It changes nothing else.", parameters: webhookID,
            responses: [Response(200, .json("WebhookDelivery", example: Samples.webhookDelivery))],
            problems: webhookProblems),
        RouteDescription(
            .post, "/webhooks/{id}/rotate", id: "rotateWebhook", .webhooks, parameters: webhookID,
            responses: [
                Response(
                    200,
                    .json(
                        "WebhookSecret",
                        example:
                            #"{"id":"\#(Samples.webhookID)","secret":"\#(Samples.secret)","previous_secret_until":"\#(Samples.time)"}"#
                    ))
            ], problems: webhookProblems),
        RouteDescription(
            .post, "/webhooks/{id}/enable", id: "enableWebhook", .webhooks, parameters: webhookID,
            responses: [Response(200, .json("Webhook", example: Samples.webhook))],
            problems: webhookProblems),
        RouteDescription(
            .post, "/webhooks/{id}/disable", id: "disableWebhook", .webhooks,
            "What it has not got is kept for `webhooks.max_lag`.", parameters: webhookID,
            responses: [Response(200, .json("Webhook", example: Samples.webhook))],
            problems: webhookProblems),
        RouteDescription(
            .post, "/webhooks/{id}/replay", id: "replayWebhook", .webhooks,
            "Everything from there on is sent again. A replay goes back only.",
            parameters: webhookID,
            request: [.json("WebhookReplay", example: #"{"since":"10m"}"#)],
            responses: [Response(200, .json("Webhook", example: Samples.webhook))],
            problems: ["invalid-value", "event-not-found", "query-timeout", "cancelled"]
                + webhookProblems),
        RouteDescription(
            .get, "/webhooks/{id}/deliveries", id: "listWebhookDeliveries", .webhooks,
            parameters: webhookID + [
                (
                    "state",
                    Value(
                        #"{"type":"string","enum":["succeeded","failed"]}"#, example: #""failed""#)
                ), ("limit", .limit), ("after", .named("Cursor", example: #""d-1a""#)),
            ],
            responses: [
                Response(
                    200,
                    .json(
                        "WebhookDeliveryPage",
                        example: #"{"deliveries":[\#(Samples.webhookDelivery)]}"#))
            ], problems: ["invalid-value"] + webhookProblems),
    ]
}

extension Samples {
    static let webhookID = "4c5f7a3e-7a0e-4a52-9b5d-0d1f1a2b3c4d"
    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let members = """
        "id":"\(webhookID)","url":"http://127.0.0.1:9000/hook","format":"standard","state":"enabled",\
        "types":["RECORD_PUSHED"],"created_at":"\(time)","lag_events":0,"lag_seconds":0,\
        "attempts":12,"failures":0,"last_success_at":"\(time)"
        """
    static let webhook = "{\(members)}"
    static let newWebhook = "{\(members),\"secret\":\"\(secret)\"}"
    static let webhookDelivery = """
        {"number":12,"webhook_message_id":"\(eventID)","kind":"events","events":1,"attempt":1,\
        "at":"\(time)","duration_seconds":0.012,"state":"succeeded","first_event_id":"\(eventID)",\
        "status":204,"response":""}
        """
}
