/// The bodies of requests and responses.
extension Schemas {
    /// A list of cids that is not empty.
    private static let cids =
        ##"{"type":"array","minItems":1,"maxItems":10000,"items":{"$ref":"#/components/schemas/CID"}}"##

    static let requests: [(name: String, text: String)] = [
        (
            "PublishRequest",
            """
            {"type":"object","description":"exactly one selection","additionalProperties":false,
            "properties":{"cids":\(cids),
            "labels":{"type":"array","minItems":1,"maxItems":1000,"items":{"type":"string","minLength":1,"maxLength":256}},
            "all":{"type":"boolean"}},
            "oneOf":[{"required":["cids"],"properties":{"all":{"const":false},"labels":false}},
            {"required":["labels"],"properties":{"all":{"const":false},"cids":false}},
            {"required":["all"],"properties":{"all":{"const":true},"cids":false,"labels":false}}]}
            """
        ),
        (
            "UnpublishRequest",
            """
            {"type":"object","required":["cids"],"additionalProperties":false,"properties":{"cids":\(cids)}}
            """
        ),
        (
            "SyncRequest",
            """
            {"type":"object","required":["remote_directory_url"],"additionalProperties":false,
            "properties":{"remote_directory_url":{"type":"string","minLength":1,"pattern":"^https?://","description":"the address of the other gateway"},
            "cids":\(cids)}}
            """
        ),
        (
            "SignRequest",
            """
            {"type":"object","required":["cid"],"additionalProperties":false,
            "properties":{"cid":{"$ref":"#/components/schemas/CID"},
            "signature":{"type":"string","minLength":1,"description":"base64, over the ASCII bytes of the cid"},
            "algorithm":{"type":"string","pattern":"^(ECDSA-P-(256|384|521)|Ed25519|RSA-[0-9]+)$"},
            "public_key":{"type":"string","minLength":1,"description":"PEM"}},
            "dependentRequired":{"signature":["public_key"],"algorithm":["signature"],"public_key":["signature"]}}
            """
        ),
        (
            "VerifyRequest",
            """
            {"type":"object","required":["cid"],"additionalProperties":false,
            "properties":{"cid":{"$ref":"#/components/schemas/CID"},
            "public_key":{"type":"string","minLength":1,"description":"PEM: the key that must have signed"}}}
            """
        ),
    ]

    static let results: [(name: String, text: String)] = [
        (
            "Pushed",
            """
            {"type":"object","required":["cid"],"properties":{"cid":{"$ref":"#/components/schemas/CID"}}}
            """
        ),
        (
            "PushResult",
            """
            {"description":"the result of one line: the record, or the problem, with the number of the line",
            "type":"object","required":["status","line"],
            "properties":{"cid":{"$ref":"#/components/schemas/CID"},
            "status":{"type":"integer","description":"201 new, 200 known, else the status of the problem"},
            "line":{"type":"integer","minimum":1}}}
            """
        ),
        (
            "Published",
            """
            {"type":"object","required":["published"],"properties":{"published":{"type":"array","items":{"$ref":"#/components/schemas/CID"}}}}
            """
        ),
        (
            "Unpublished",
            """
            {"type":"object","required":["unpublished"],"properties":{"unpublished":{"type":"array","items":{"$ref":"#/components/schemas/CID"}}}}
            """
        ),
        (
            "SyncAccepted",
            #"{"type":"object","required":["sync_id"],"properties":{"sync_id":{"type":"string","format":"uuid"}}}"#
        ),
        (
            "Sync",
            """
            {"type":"object","description":"a sync. In front of another Directory, what that does not tell is missing","required":["sync_id","status","remote_directory_url"],
            "properties":{"sync_id":{"type":"string","format":"uuid"},
            "status":{"type":"string","enum":["PENDING","IN_PROGRESS","COMPLETED","FAILED","DELETED"]},
            "remote_directory_url":{"type":"string"},
            "cids":{"type":"array","items":{"type":"string"},"description":"the records that were asked for; missing if all"},
            "created_at":{"$ref":"#/components/schemas/Time"},"updated_at":{"$ref":"#/components/schemas/Time"},
            "found":{"type":"integer","description":"records that the remote has"},
            "copied":{"type":"integer","description":"records that this sync has stored"},
            "present":{"type":"integer","description":"records that were stored already"},
            "failed":{"type":"integer","description":"records that could not be copied"},
            "signatures":{"type":"integer"},
            "signatures_refused":{"type":"integer","description":"signatures that are not valid, and were not stored"},
            "error":{"type":"string","description":"why it failed"}}}
            """
        ),
        (
            "Signature",
            """
            {"type":"object","required":["cid","signature","algorithm","signer","public_key","signed_at"],
            "properties":{"cid":{"$ref":"#/components/schemas/CID"},
            "signature":{"type":"string","description":"base64, over the ASCII bytes of the cid"},
            "algorithm":{"type":"string"},
            "signer":{"type":"string","description":"the fingerprint of the key: SHA256 and the base64 of the hash of its DER"},
            "public_key":{"type":"string","description":"PEM"},"signed_at":{"$ref":"#/components/schemas/Time"}}}
            """
        ),
        (
            "Verification",
            """
            {"type":"object","required":["verified","signers"],
            "properties":{"verified":{"type":"boolean"},
            "signers":{"type":"array","items":{"type":"object","required":["signer","algorithm","public_key"],
            "properties":{"signer":{"type":"string"},"algorithm":{"type":"string"},"public_key":{"type":"string"}}}},
            "proves":{"type":"string","description":"what a verification with these keys proves: integrity, or who signed"},
            "reason":{"type":"string","description":"why it is not verified"}}}
            """
        ),
        (
            "Session",
            """
            {"type":"object","required":["subject","kind","scopes"],
            "properties":{"subject":{"type":"string"},"kind":{"type":"string","enum":["anonymous","token","jwt","certificate"]},
            "scopes":{"type":"array","items":{"$ref":"#/components/schemas/Scope"}},
            "filter":{"$ref":"#/components/schemas/EventFilter"},"expires":{"$ref":"#/components/schemas/Time"}}}
            """
        ),
        (
            "Scope",
            #"{"type":"string","enum":["events:read","records:read","records:write","webhooks","admin"]}"#
        ),
        (
            "Status",
            #"{"type":"object","required":["status"],"properties":{"status":{"type":"string","enum":["ok","ready"]}}}"#
        ),
    ]
}
