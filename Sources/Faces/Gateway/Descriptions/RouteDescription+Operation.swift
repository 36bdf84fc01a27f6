internal import HTTPTypes

extension RouteDescription {
    private static let document = Value(#"{"type":"object"}"#, example: "{}")

    static let operation = [
        RouteDescription(
            .get, "/healthz", id: "getHealth", .operation,
            responses: [Response(200, .json("Status", example: #"{"status":"ok"}"#))]),
        RouteDescription(
            .get, "/readyz", id: "getReadiness", .operation,
            "Writes to the store, once a second at most, so that a full disk is noticed.",
            responses: [Response(200, .json("Status", example: #"{"status":"ready"}"#))],
            problems: ["not-ready"]),
        RouteDescription(
            .get, "/metrics", id: "getMetrics", .operation,
            "The text format of Prometheus, 0.0.4. `docs/metrics.md` lists the metrics.",
            responses: [
                Response(
                    200,
                    Content(
                        "text/plain",
                        Value(
                            #"{"type":"string"}"#,
                            example:
                                ##""# HELP directory_gateway_records Stored records.\n# TYPE directory_gateway_records gauge\ndirectory_gateway_records 6\n""##
                        )))
            ]),
        RouteDescription(
            .get, "/subscribers", id: "listSubscribers", .operation,
            parameters: [
                (
                    "sort",
                    Value(
                        #"{"type":"string","enum":["id","age","delivered","dropped","queued","rate"],"default":"id"}"#,
                        example: #""queued""#)
                ),
                (
                    "order",
                    Value(
                        #"{"type":"string","enum":["asc","desc"],"default":"asc"}"#,
                        example: #""desc""#)
                ), ("limit", .limit), ("after", .named("Cursor", example: #""0.17""#)),
            ],
            responses: [
                Response(
                    200,
                    .json(
                        "SubscriberList",
                        example: #"{"subscribers":[\#(Samples.subscriber)],"total":1}"#))
            ],
            problems: ["invalid-value"]),
        RouteDescription(
            .delete, "/subscribers/{id}", id: "disconnectSubscriber", .operation,
            "The stream ends with a `goodbye` and the reason `disconnected`; its client may come back.",
            parameters: [
                (
                    "id",
                    Value(
                        #"{"type":"integer","minimum":1}"#, example: "17",
                        meaning: "the id of the subscriber")
                )
            ],
            responses: [Response(204)], problems: ["invalid-value", "subscriber-not-found"]),
        RouteDescription(
            .get, "/openapi.json", id: "getOpenAPI", .operation,
            "This document. It has only the routes that this gateway has with its settings.",
            responses: [Response(200, Content("application/json", document))]),
        RouteDescription(
            .get, "/asyncapi.json", id: "getAsyncAPI", .operation,
            responses: [Response(200, Content("application/json", document))]),
    ]
}
