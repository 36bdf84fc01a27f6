/// The pages of the listings.
extension Schemas {
    private static let next =
        #""next":{"type":"string","description":"for the parameter after of the next page; missing on the last page"}"#

    static let listings: [(name: String, text: String)] = [
        (
            "RecordSummary",
            """
            {"type":"object","description":"a record without its content. In front of another Directory, what that does not tell is missing",
            "required":["cid","name","version","schema_version","created_at"],
            "properties":{"cid":{"$ref":"#/components/schemas/CID"},"name":{"type":"string"},"version":{"type":"string"},
            "schema_version":{"type":"string"},"created_at":{"type":"string","description":"as the record says"},
            "pushed_at":{"$ref":"#/components/schemas/Time"},
            "size":{"type":"integer","description":"bytes of the canonical JSON"},"published":{"type":"boolean"},
            "labels":{"type":"array","items":{"type":"string"}},
            "signatures":{"type":"integer","description":"how many signatures are stored"}}}
            """
        ),
        (
            "RecordPage",
            """
            {"type":"object","required":["records"],
            "properties":{"records":{"type":"array","items":{"$ref":"#/components/schemas/RecordSummary"}},\(next),
            "total":{"type":"integer","description":"records of all pages; on the first page, if counting was quick"},
            "total_exact":{"type":"boolean","description":"false: there are more than that"},
            "damaged":{"type":"array","items":{"type":"string"},"description":"cids of records that cannot be read; missing if there are none"}}}
            """
        ),
        (
            "Labels",
            """
            {"type":"object","required":["cid","labels"],
            "properties":{"cid":{"$ref":"#/components/schemas/CID"},"labels":{"type":"array","items":{"type":"string"}}}}
            """
        ),
        (
            "EventPage",
            """
            {"type":"object","required":["events"],
            "properties":{"events":{"type":"array","items":{"$ref":"#/components/schemas/Event"}},\(next),
            "reset":{"$ref":"#/components/schemas/Reset"}}}
            """
        ),
        ("Reset", reset),
        (
            "RecentEvents",
            """
            {"type":"object","required":["events","source"],
            "properties":{"events":{"type":"array","items":{"$ref":"#/components/schemas/Event"}},
            "source":{"type":"string","enum":["log","memory"]}}}
            """
        ),
        (
            "SyncPage",
            """
            {"type":"object","required":["syncs"],
            "properties":{"syncs":{"type":"array","items":{"$ref":"#/components/schemas/Sync"}},\(next)}}
            """
        ),
        (
            "SignatureList",
            """
            {"type":"object","required":["signatures"],
            "properties":{"signatures":{"type":"array","items":{"$ref":"#/components/schemas/Signature"}}}}
            """
        ),
        (
            "Subscriber",
            """
            {"type":"object","required":["id","address","since","kind","format","filter","delivered","dropped","queued"],
            "properties":{"id":{"type":"integer"},"address":{"type":"string"},"since":{"$ref":"#/components/schemas/Time"},
            "kind":{"type":"string","enum":["http","grpc"]},"format":{"type":"string","description":"the media type of the stream"},
            "filter":{"$ref":"#/components/schemas/EventFilter"},
            "user_agent":{"type":"string","description":"what the client calls itself"},
            "age":{"type":"integer","description":"seconds"},
            "rate":{"type":"number","description":"events for each second"},
            "buffer_size":{"type":"integer","description":"how many events its queue holds"},
            "replaying":{"type":"boolean","description":"whether it is served from the event log"},
            "subject":{"type":"string","description":"who subscribed; missing if anonymous"},
            "delivered":{"type":"integer"},"dropped":{"type":"integer"},
            "queued":{"type":"integer","description":"events that wait for the subscriber to read"}}}
            """
        ),
        (
            "SubscriberList",
            """
            {"type":"object","required":["subscribers","total"],
            "properties":{"subscribers":{"type":"array","items":{"$ref":"#/components/schemas/Subscriber"}},
            "total":{"type":"integer"},\(next)}}
            """
        ),
    ]

    /// Why what a client has missed cannot be replayed. AsyncAPI has it too.
    static let reset = """
        {"type":"object","description":"events may be missing before this place","required":["cause"],
        "properties":{"cause":{"type":"string","enum":["history-off","evicted","unknown-id","upstream-lost"]},
        "oldest_id":{"type":"string","format":"uuid","description":"the oldest event that is kept"}}}
        """
}
