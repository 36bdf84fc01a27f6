internal import DirectoryClient
internal import Records
internal import Text

/// What a check of signatures found, in the words of the gateway's own response.
struct VerificationResult: Encodable {
    /// A key that has signed.
    struct Signer: Encodable {
        let signer: String
        let algorithm: String
        let public_key: String
    }

    let verified: Bool
    let signers: [Signer]
    let proves: String?
    let reason: String?

    private init(_ signers: [Signer], proves: String?, reason: String?) {
        verified = !signers.isEmpty
        (self.signers, self.proves, self.reason) = (signers, proves, reason)
    }

    /// Makes the result that nothing is valid.
    init(reason: String) { self.init([], proves: nil, reason: reason) }

    /// Takes the result of the gateway.
    init(_ result: Verification) {
        verified = result.verified
        signers = result.signers.map {
            Signer(signer: $0.signer, algorithm: $0.algorithm, public_key: $0.publicKey)
        }
        (proves, reason) = (result.proves, result.reason)
    }

    /// Checks signatures of a record.
    /// - Parameter given: the key that must have signed; nil for the key of each signature.
    init(_ signatures: [SignatureInfo], of cid: String, by given: PublicKey?) {
        guard !signatures.isEmpty else {
            self.init(reason: "the record has no signatures")
            return
        }
        var signers: [Signer] = []
        for signature in signatures {
            // The key is read here: what the gateway says of it proves nothing.
            guard let key = given ?? (try? PublicKey(pem: signature.publicKey)),
                (try? key.verifies(signature.signature, of: cid)) == true,
                !signers.contains(where: { $0.signer.hasBytes(of: key.fingerprint) })
            else { continue }
            signers.append(
                Signer(signer: key.fingerprint, algorithm: key.algorithm, public_key: key.pem))
        }
        guard !signers.isEmpty else {
            self.init(
                reason: given == nil
                    ? "no stored signature matches the key it was stored with"
                    : "no stored signature was made by this key")
            return
        }
        self.init(
            signers, proves: given == nil ? "integrity" : "signed by the given key", reason: nil)
    }

    /// The result as upstream's `VerifyResponse` in JSON, which its SDK reads.
    var response: JSON {
        var members: [(String, JSON)] = [("success", .bool(verified))]
        if !signers.isEmpty {
            let keys = signers.map { signer in
                [
                    "key": [
                        "publicKey": .string(signer.public_key),
                        "algorithm": .string(signer.algorithm),
                    ]
                ] as JSON
            }
            members.append(("signers", .array(keys)))
        }
        if let reason { members.append(("errorMessage", .string(reason))) }
        return .object(members)
    }
}
