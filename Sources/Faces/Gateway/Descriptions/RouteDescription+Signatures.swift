internal import HTTPTypes

extension RouteDescription {
    private static let pem = Value(
        #"{"type":"string","description":"PEM (SPKI)"}"#, example: Samples.publicKey)

    static let signatures = [
        RouteDescription(
            .post, "/sign", id: "sign", .signatures,
            """
            With `cid` alone the gateway signs with its own key. With `signature` and `public_key` it \
            stores a signature that was made elsewhere, if it is valid. Emits `PUBLIC_KEY_UPLOADED`, if \
            the key is new for the record, and `RECORD_SIGNED`.
            """,
            request: [.json("SignRequest", example: #"{"cid":"\#(Samples.cid)"}"#)],
            responses: [
                Response(
                    201, .json("Signature", example: Samples.storedSignature),
                    fields: [
                        Field(
                            "Location", "the path of the signatures",
                            .text("/records/\(Samples.cid)/signatures"))
                    ])
            ],
            problems: [
                "invalid-value", "record-not-found", "invalid-signature", "signing-key",
                "store-unavailable",
            ]),
        RouteDescription(
            .post, "/verify", id: "verify", .signatures,
            """
            Without `public_key` a match proves integrity only: a client that stores a record can store \
            any key with it. With `public_key` it proves who signed.
            """,
            request: [.json("VerifyRequest", example: #"{"cid":"\#(Samples.cid)"}"#)],
            responses: [
                Response(
                    200,
                    .json(
                        "Verification",
                        example: """
                            {"verified":true,"signers":[{"signer":"\(Samples.signer)",\
                            "algorithm":"ECDSA-P-256","public_key":\(Samples.publicKey)}],\
                            "proves":"integrity"}
                            """))
            ],
            problems: ["invalid-value", "record-not-found", "invalid-signature"] + storeProblems),
        RouteDescription(
            .get, "/records/{cid}/signatures", id: "listSignatures", .signatures,
            parameters: [("cid", .cid)],
            responses: [
                Response(
                    200,
                    .json(
                        "SignatureList",
                        example: #"{"signatures":[\#(Samples.storedSignature)]}"#))
            ],
            problems: ["invalid-value", "record-not-found"] + storeProblems),
        RouteDescription(
            .get, "/signing-key", id: "getSigningKey", .signatures,
            responses: [Response(200, Content("application/x-pem-file", pem))],
            problems: ["signing-key"]),
    ]

    private static let cookie = Field(
        "Set-Cookie", "the session",
        .text("directory_session=…; Path=/; HttpOnly; SameSite=Strict"))

    /// Routes that are there only while `auth.mode` is `token`.
    static let session = [
        RouteDescription(
            .get, "/session", id: "getSession", .access,
            responses: [
                Response(
                    200,
                    .json(
                        "Session",
                        example: #"{"subject":"ci","kind":"token","scopes":["events:read"]}"#))
            ],
            problems: ["unauthenticated", "keys-unavailable"]),
        RouteDescription(
            .post, "/session", id: "signIn", .access,
            "Send the token once, in `Authorization`; then the cookie is enough.",
            responses: [Response(204, fields: [cookie])],
            problems: ["unauthenticated", "keys-unavailable"]),
        RouteDescription(
            .delete, "/session", id: "signOut", .access,
            responses: [Response(204, fields: [cookie])]),
    ]
}
