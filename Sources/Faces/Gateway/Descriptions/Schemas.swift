internal import Events
internal import Text

/// The schemas of the bodies, by name: JSON Schema 2020-12, as OpenAPI 3.1 and AsyncAPI 3.0 use it.
enum Schemas {
    /// Every schema, in the order of the document.
    static let all: [(name: String, text: String)] =
        values + record + listings + requests + results + webhooks

    /// The types of events, short names first.
    private static let typeNames = EventType.allCases.map(\.shortName)

    /// An event, without a reference to another schema: AsyncAPI has it too.
    static let event = """
        {"type":"object","description":"Something that has happened in the Directory.",
        "required":["id","type","timestamp","resource_id"],"additionalProperties":false,
        "properties":{
        "id":{"type":"string","format":"uuid","description":"a UUID; those of this gateway have version 7 and rise in the order of publication"},
        "type":{"type":"string","enum":[\(quoted(EventType.allCases.map(\.longName)))]},
        "timestamp":{"type":"string","format":"date-time","description":"UTC, with microseconds"},
        "resource_id":{"type":"string","description":"the cid of a record, the id of a sync, or the fingerprint of a key"},
        "labels":{"type":"array","items":{"type":"string"},"description":"labels of the record; missing if there are none"},
        "metadata":{"type":"object","additionalProperties":{"type":"string"},"description":"more about the event, by its type; missing if there is nothing"}}}
        """

    /// The schema of one item of a filter of types.
    static let eventType = """
        {"type":"string","enum":[\(quoted(typeNames + EventType.allCases.map(\.longName)))]}
        """

    private static func quoted(_ names: [String]) -> String {
        names.map { "\"\($0)\"" }.joined(separator: ",")
    }

    private static let values: [(name: String, text: String)] = [
        (
            "CID",
            """
            {"type":"string","pattern":"^baearei[a-h][a-z2-7]{50}[aeimquy4]$",
            "description":"the content identifier of a record: CIDv1 in base32. Other CIDs are understood, but no record of a gateway has one",
            "examples":["\(Samples.cid)"]}
            """
        ),
        ("Event", event),
        (
            "EventID",
            #"{"type":"string","format":"uuid","description":"the id of an event"}"#
        ),
        (
            "Cursor",
            #"{"type":"string","description":"next of the previous page, unchanged"}"#
        ),
        (
            "Time",
            #"{"type":"string","format":"date-time","description":"UTC, with microseconds"}"#
        ),
        (
            "EventFilter",
            """
            {"type":"object","description":"which events: AND between the kinds, OR inside a kind; a kind that is missing matches every event",
            "properties":{"types":{"type":"array","items":\(eventType)},
            "labels":{"type":"array","items":{"type":"string"}},
            "cids":{"type":"array","items":{"type":"string"}}}}
            """
        ),
        (
            "Problem",
            """
            {"type":"object","description":"why a request was refused (RFC 9457)",
            "required":["type","title","status","detail","remedy"],
            "properties":{
            "type":{"type":"string","enum":[\(quoted(ProblemKind.all.map { "urn:directory-gateway:problem:\($0.name)" }))]},
            "title":{"type":"string","description":"the same for every problem of this type"},
            "status":{"type":"integer","minimum":400,"maximum":599},
            "detail":{"type":"string","description":"what is wrong with this request"},
            "remedy":{"type":"string","description":"what the client can do about it"},
            "cids":{"type":"array","items":{"type":"string"},"description":"of record-not-found: the records that are not stored"},
            "errors":{"type":"array","description":"of invalid-record: every error","items":{"type":"object","required":["pointer","detail"],
            "properties":{"pointer":{"type":"string","description":"the place (RFC 6901)"},"detail":{"type":"string"}}}},
            "part":{"type":"string","enum":["signature","public_key","algorithm"],"description":"of invalid-signature: the part that is wrong"},
            "line":{"type":"integer","minimum":1,"description":"of malformed-json: where; also the number of a line of NDJSON"},
            "column":{"type":"integer","minimum":1,"description":"of malformed-json: where"},
            "reasons":{"type":"array","items":{"type":"string"},"description":"of not-ready: why"}}}
            """
        ),
    ]
}
