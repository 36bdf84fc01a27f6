internal import Authentication
internal import Directory
internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import Text

extension Routes {
    static func signatures(_ operations: any DirectoryOperations) -> [Route] {
        [
            Route(
                .post, "/sign",
                "signs a record: {\"cid\"}, or attaches a signature: {\"cid\",\"signature\",\"algorithm\",\"public_key\"}",
                scope: .writeRecords,
                accepts: ["application/json"],
                members: [
                    .init("cid", .text, "the record", isRequired: true),
                    .init(
                        "signature", .text,
                        "made elsewhere: base64, over the ASCII bytes of the cid"),
                    .init("algorithm", .text, "the expected algorithm of the key"),
                    .init("public_key", .text, "PEM; needed with a signature"),
                ], responses: [(201, "the signature")]
            ) { request in
                let body = try await request.object(["cid", "signature", "algorithm", "public_key"])
                let cid = try body.text("cid", isRequired: true)
                let response = { @Sendable (signature: StoredSignature) in
                    Response(
                        json: signature.json, status: .created,
                        fields: [.location: "/records/\(signature.cid)/signatures"])
                }
                let signature = try await request.keep(response) {
                    if let given = try body.text("signature") {
                        return try await operations.attach(
                            given, algorithm: try body.text("algorithm"),
                            publicKey: try body.text("public_key", isRequired: true) ?? "",
                            to: cid ?? "")
                    }
                    for member in ["algorithm", "public_key"] where body[member] != nil {
                        throw Problem.invalid(
                            "The member \(member) is given without a signature.",
                            remedy: "Send the signature too, or the cid alone.")
                    }
                    return try await operations.sign(cid ?? "")
                }
                return .response(response(signature))
            },
            Route(
                .post, "/verify", "checks the stored signatures: {\"cid\",\"public_key\"?}",
                scope: .readRecords,
                accepts: ["application/json"],
                members: [
                    .init("cid", .text, "the record", isRequired: true),
                    .init("public_key", .text, "PEM: the key that must have signed"),
                ], responses: [(200, "the result, with the signers")]
            ) { request in
                let body = try await request.object(["cid", "public_key"])
                let key = try body.text("public_key")
                let result = try await operations.verify(
                    try body.text("cid", isRequired: true) ?? "", publicKey: key)
                var members: [(String, JSON)] = [
                    ("verified", .bool(result.isVerified)),
                    ("signers", .array(result.signers.map(\.signerJSON))),
                    // A client that stores a record can store any key with it.
                    ("proves", .string(key.isNil ? "integrity" : "signed by the given key")),
                ]
                if let reason = result.reason {
                    members[2] = ("reason", .string(reason))
                }
                return .json(.object(members))
            },
            Route(
                .get, "/records/{cid}/signatures", "signatures and public keys of a record",
                scope: .readRecords
            ) {
                request in
                let cid = request.parameters["cid"] ?? ""
                let signatures = try await operations.signatures(of: cid)
                return .json(["signatures": .array(signatures.map(\.json))])
            },
            Route(.get, "/signing-key", "the gateway's public key, PEM", scope: .readRecords) { _ in
                let pem = try await operations.ownPublicKey()
                let fields: HTTPFields = [
                    .contentType: "application/x-pem-file", .cacheControl: "no-cache",
                ]
                return .response(Response(fields: fields, body: Array(pem.utf8)))
            },
        ]
    }
}

extension StoredSignature {
    fileprivate var json: JSON {
        [
            "cid": .string(cid), "signature": .string(signature), "algorithm": .string(algorithm),
            "signer": .string(signer), "public_key": .string(publicKey),
            "signed_at": .string(Timestamp.format(signedAt)),
        ]
    }

    fileprivate var signerJSON: JSON {
        [
            "signer": .string(signer), "algorithm": .string(algorithm),
            "public_key": .string(publicKey),
        ]
    }
}
