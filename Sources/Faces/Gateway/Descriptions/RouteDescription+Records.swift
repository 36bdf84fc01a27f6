internal import HTTPTypes

extension RouteDescription {
    private static let path: [(name: String, value: Value)] = [("cid", .cid)]
    private static let readProblems = ["invalid-value", "record-not-found"] + storeProblems
    private static let tag = Field("ETag", "the cid, in quotes", .text("\\\"\(Samples.cid)\\\""))
    private static let ifNoneMatch = Field(
        "If-None-Match", "the ETag that the client has: then the response has no body",
        .text("\\\"\(Samples.cid)\\\""))
    private static let location = Field(
        "Location", "the path of the record", .text("/records/\(Samples.cid)"))

    static let records = [
        RouteDescription(
            .post, "/push", id: "push", .records,
            """
            One record as JSON, or many as NDJSON, one on each line. Of NDJSON the response has a line \
            for each record, in order, while further ones are sent; a record that is refused does not \
            stop the others.
            """,
            request: [
                .json("Record", example: Samples.record),
                Content(
                    "application/x-ndjson",
                    Value(
                        #"{"contentMediaType":"application/x-ndjson","description":"one record on each line; any text is accepted, and each line has its own result"}"#,
                        example: #""{\"name\":\"…\"}\n{\"name\":\"…\"}\n""#)),
            ],
            responses: [
                Response(
                    201, .json("Pushed", example: #"{"cid":"\#(Samples.cid)"}"#),
                    fields: [location]),
                Response(
                    200, .json("Pushed", example: #"{"cid":"\#(Samples.cid)"}"#),
                    Content(
                        "application/x-ndjson",
                        Value(
                            #"{"type":"string","description":"a PushResult on each line"}"#,
                            example:
                                #""{\"cid\":\"\#(Samples.cid)\",\"status\":201,\"line\":1}\n""#)),
                    fields: [location]),
            ],
            problems: ["malformed-json", "invalid-record", "store-unavailable"]),
        RouteDescription(
            .get, "/records", id: "listRecords", .records,
            """
            The conditions are combined: AND between the parameters, OR inside one. A page may have \
            fewer records than `limit`: while there is a `next`, there are more.
            """,
            parameters: [
                (
                    "q",
                    Value(#"{"type":"string","maxLength":1024}"#, example: #""tutor campus""#)
                ),
                ("label", .list(example: #""/skills/""#)),
                (
                    "name",
                    .list(
                        #"{"type":"string","maxLength":256}"#, most: 100, example: #""*tutor*""#)
                ),
                (
                    "version",
                    .list(#"{"type":"string","maxLength":256}"#, most: 100, example: #""v1.*""#)
                ),
                ("published", Value(#"{"type":"boolean"}"#, example: "true")),
                ("limit", .limit),
                ("after", .named("Cursor", example: #""r-1a""#)),
            ],
            responses: [
                Response(
                    200,
                    .json(
                        "RecordPage",
                        example:
                            #"{"records":[\#(Samples.summary)],"next":"r-1a","total":1204,"total_exact":true}"#
                    ))
            ],
            problems: ["invalid-value", "query-timeout"] + storeProblems),
        RouteDescription(
            .get, "/records/{cid}", id: "pull", .records,
            """
            The content hashes to the cid. This is a pull, which emits `RECORD_PULLED`; with `peek=1`, \
            and for a 304, no event is emitted.
            """,
            parameters: path + [
                ("peek", Value(#"{"type":"integer","enum":[0,1],"default":0}"#, example: "1"))
            ],
            fields: [ifNoneMatch],
            responses: [
                Response(200, .json("Record", example: Samples.record), fields: [tag]),
                Response(304, fields: [tag]),
            ],
            problems: readProblems + ["record-damaged"]),
        RouteDescription(
            .head, "/records/{cid}", id: "lookup", .records,
            "Reads no content, and emits no event.",
            parameters: path, fields: [ifNoneMatch],
            responses: [
                Response(
                    200,
                    fields: [
                        tag,
                        Field(
                            "Directory-Labels",
                            "the labels, percent-encoded, separated by commas; 3 KiB at most",
                            .text("/skills/planning, /domains/education")),
                        Field(
                            "Directory-Labels-Truncated", "how many labels did not fit",
                            .text("12")),
                        Field("Directory-Published", "true or false", .text("true")),
                        Field(
                            "Directory-Signatures", "how many signatures are stored", .text("1")),
                    ]), Response(304, fields: [tag]),
            ],
            problems: readProblems + ["record-damaged"]),
        RouteDescription(
            .get, "/records/{cid}/labels", id: "listLabels", .records,
            "All labels, also those that do not fit into the header of `HEAD /records/{cid}`.",
            parameters: path,
            responses: [
                Response(
                    200,
                    .json(
                        "Labels",
                        example: #"{"cid":"\#(Samples.cid)","labels":["/skills/planning"]}"#))
            ],
            problems: readProblems + ["record-damaged"]),
        RouteDescription(
            .delete, "/records/{cid}", id: "deleteRecord", .records,
            "Also succeeds when no record with this cid is stored; `RECORD_DELETED` is emitted in both cases.",
            parameters: path, responses: [Response(204)],
            problems: ["invalid-value", "store-unavailable"]),
    ]
}
