/// The bodies of webhooks.
extension Schemas {
    private static let next =
        #""next":{"type":"string","description":"for the parameter after of the next page; missing on the last page"}"#
    private static let formats = #""enum":["standard","cloudevents","cloudevents-batch"]"#

    /// The members that a client can set.
    /// - Parameter null: what a change accepts besides a value.
    private static func settings(null: String) -> String {
        let texts =
            #"{"type":["array"\#(null)],"minItems":1,"items":{"type":"string","minLength":1}}"#
        return """
            "url":{"type":"string","format":"uri","maxLength":2000,"description":"the receiver: http or https"},
            "types":{"type":["array"\(null)],"minItems":1,"items":\(eventType)},"labels":\(texts),"cids":\(texts),
            "format":{"type":["string"\(null)],"enum":["standard","cloudevents","cloudevents-batch"\(null.isEmpty ? "" : ",null")]},
            "description":{"type":["string"\(null)],"minLength":1,"maxLength":1024},
            "headers":{"type":["object"\(null)],"maxProperties":20,"additionalProperties":{"type":"string","minLength":1}}
            """
    }

    private static let shown = """
        "id":{"type":"string","format":"uuid"},"url":{"type":"string"},"format":{"type":"string",\(formats)},
        "state":{"type":"string","enum":["enabled","retrying","disabled"]},
        "disabled_reason":{"type":"string"},"description":{"type":"string"},
        "types":{"type":"array","items":{"type":"string"}},"labels":{"type":"array","items":{"type":"string"}},
        "cids":{"type":"array","items":{"type":"string"}},
        "restricted_to":{"type":"object","description":"the event filter of the token that made or changed it"},
        "headers":{"type":"object","additionalProperties":{"type":"string"},"description":"names; the values are hidden"},
        "created_at":{"$ref":"#/components/schemas/Time"},
        "lag_events":{"type":"integer","description":"events of the log after the newest that was delivered"},
        "lag_seconds":{"type":["number","null"],"description":"age of the oldest event that is left; null while it is not known"},
        "attempts":{"type":"integer"},"failures":{"type":"integer","description":"of the next message"},
        "last_success_at":{"$ref":"#/components/schemas/Time"},"next_attempt_at":{"$ref":"#/components/schemas/Time"},
        "last_failure":{"type":"object","required":["at","reason"],"properties":{"at":{"$ref":"#/components/schemas/Time"},
        "status":{"type":"integer"},"reason":{"type":"string"}}},
        "reset":{"$ref":"#/components/schemas/Reset"}
        """

    private static let required =
        #""required":["id","url","format","state","created_at","lag_events","lag_seconds","attempts","failures""#

    static let webhooks: [(name: String, text: String)] = [
        (
            "WebhookDraft",
            #"{"type":"object","required":["url"],"additionalProperties":false,"properties":{\#(settings(null: ""))}}"#
        ),
        (
            "WebhookChange",
            #"{"type":"object","additionalProperties":false,"properties":{\#(settings(null: #","null""#))}}"#
        ), ("Webhook", "{\"type\":\"object\",\(required)],\"properties\":{\(shown)}}"),
        (
            "NewWebhook",
            """
            {"type":"object",\(required),"secret"],"properties":{\(shown),
            "secret":{"type":"string","description":"whsec_ and base64: it is not shown again"}}}
            """
        ),
        (
            "WebhookPage",
            """
            {"type":"object","required":["webhooks"],
            "properties":{"webhooks":{"type":"array","items":{"$ref":"#/components/schemas/Webhook"}},\(next)}}
            """
        ),
        (
            "WebhookSecret",
            """
            {"type":"object","required":["id","secret","previous_secret_until"],
            "properties":{"id":{"type":"string"},"secret":{"type":"string"},"previous_secret_until":{"$ref":"#/components/schemas/Time"}}}
            """
        ),
        (
            "WebhookReplay",
            """
            {"type":"object","minProperties":1,"maxProperties":1,"additionalProperties":false,
            "properties":{"since":{"type":"string","minLength":1,"description":"a time, or how long ago, such as 10m"},
            "after":{"$ref":"#/components/schemas/EventID"},
            "delivery":{"type":"integer","minimum":1,"description":"the number of an attempt"}}}
            """
        ),
        (
            "WebhookDelivery",
            """
            {"type":"object","required":["number","webhook_message_id","kind","events","attempt","at","duration_seconds","state","response"],
            "properties":{"number":{"type":"integer"},"webhook_message_id":{"type":"string"},
            "kind":{"type":"string","enum":["events","gap","test"]},"events":{"type":"integer"},
            "attempt":{"type":"integer","description":"how often the message has been tried"},
            "at":{"$ref":"#/components/schemas/Time"},"duration_seconds":{"type":"number"},
            "state":{"type":"string","enum":["succeeded","failed"]},"first_event_id":{"$ref":"#/components/schemas/EventID"},
            "status":{"type":"integer"},"reason":{"type":"string"},
            "response":{"type":"string","description":"its first 4 KiB"}}}
            """
        ),
        (
            "WebhookDeliveryPage",
            """
            {"type":"object","required":["deliveries"],
            "properties":{"deliveries":{"type":"array","items":{"$ref":"#/components/schemas/WebhookDelivery"}},\(next)}}
            """
        ),
    ]
}
