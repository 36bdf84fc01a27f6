internal import HTTPTypes

extension RouteDescription {
    static let publications = [
        RouteDescription(
            .post, "/publish", id: "publish", .publications,
            """
            `cids` is one transaction: all records or none. `all` and `labels` are made in small steps, \
            so that other changes are made between them; if a step fails, those before stay. \
            `RECORD_PUBLISHED` is emitted for each record, also if it was published already.
            """,
            request: [
                .json("PublishRequest", example: #"{"cids":["\#(Samples.cid)"]}"#)
            ],
            responses: [
                Response(
                    200, .json("Published", example: #"{"published":["\#(Samples.cid)"]}"#))
            ],
            problems: ["invalid-value", "record-not-found", "query-timeout"] + storeProblems),
        RouteDescription(
            .post, "/unpublish", id: "unpublish", .publications,
            "One transaction. Emits `RECORD_UNPUBLISHED` for each cid, also if it was never published.",
            request: [.json("UnpublishRequest", example: #"{"cids":["\#(Samples.cid)"]}"#)],
            responses: [
                Response(
                    200, .json("Unpublished", example: #"{"unpublished":["\#(Samples.cid)"]}"#))
            ],
            problems: ["invalid-value", "record-not-found", "store-unavailable"]),
    ]

    private static let id: [(name: String, value: Value)] = [
        (
            "id",
            Value(
                #"{"type":"string","format":"uuid"}"#, example: "\"\(Samples.syncID)\"",
                meaning: "the id of the sync")
        )
    ]

    static let syncs = [
        RouteDescription(
            .post, "/sync", id: "createSync", .syncs,
            """
            The remote is asked once before the sync is accepted. `sync.allowed_remotes` says which \
            addresses are allowed. Emits `SYNC_CREATED`, and at the end `SYNC_COMPLETED` or \
            `SYNC_FAILED`; each copied record emits `RECORD_PUSHED` with the metadata `sync_id`.
            """,
            request: [
                .json(
                    "SyncRequest", example: #"{"remote_directory_url":"http://127.0.0.1:9000"}"#)
            ],
            responses: [
                Response(
                    202,
                    .json("SyncAccepted", example: #"{"sync_id":"\#(Samples.syncID)"}"#),
                    fields: [
                        Field(
                            "Location", "the path of the sync", .text("/syncs/\(Samples.syncID)"))
                    ])
            ],
            problems: [
                "invalid-value", "remote-unreachable", "remote-forbidden", "busy",
                "store-unavailable",
            ]),
        RouteDescription(
            .get, "/syncs", id: "listSyncs", .syncs,
            "A sync that has ended is listed for `sync.keep` (30 days).",
            parameters: [("limit", .limit), ("after", .named("Cursor", example: #""s-1a""#))],
            responses: [
                Response(200, .json("SyncPage", example: #"{"syncs":[\#(Samples.sync)]}"#))
            ],
            problems: ["invalid-value"] + storeProblems),
        RouteDescription(
            .get, "/syncs/{id}", id: "getSync", .syncs, parameters: id,
            responses: [Response(200, .json("Sync", example: Samples.sync))],
            problems: ["sync-not-found"] + storeProblems),
        RouteDescription(
            .delete, "/syncs/{id}", id: "cancelSync", .syncs, parameters: id,
            responses: [Response(204)],
            problems: ["sync-not-found", "sync-ended", "store-unavailable"]),
    ]
}
