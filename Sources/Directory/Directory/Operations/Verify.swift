internal import Records
internal import Text

extension Operations {
    /// What the signatures of a record are worth.
    public struct Verification: Sendable {
        /// The keys whose signatures are good, each once.
        public let signers: [StoredSignature]
        /// Why there are none; nil when there are some.
        public let reason: String?

        public var isVerified: Bool { !signers.isEmpty }
    }

    /// Checks the stored signatures of a record, against the keys that were stored with them or
    /// against one that is given. Emits nothing.
    public func verify(_ cid: String, publicKey: String? = nil) async throws(DirectoryError)
        -> Verification
    {
        try Self.check(cids: [cid])
        let stored = try await signatures(of: cid)
        return try await Self.verify(stored, publicKey)
    }

    /// The signatures of a record, oldest first. Emits nothing.
    public func signatures(of cid: String) async throws(DirectoryError) -> [StoredSignature] {
        try Self.check(cids: [cid])
        return try await store.read(of: cid) { try SignatureTable.signatures(of: cid, $0) }
    }

    /// Signatures take time: they leave the caller's thread.
    @concurrent
    private static func verify(_ stored: [StoredSignature], _ pem: String?)
        async throws(DirectoryError) -> Verification
    {
        let given: PublicKey?
        do { given = try pem.map { pem throws(KeyError) in try PublicKey(pem: pem) } } catch {
            throw .key(error)
        }
        guard !stored.isEmpty else {
            return Verification(signers: [], reason: "the record has no signatures")
        }
        var signers: [StoredSignature] = []
        for signature in stored where !signers.map(\.signer).contains(bytesOf: signature.signer) {
            guard given?.fingerprint.hasBytes(of: signature.signer) ?? true,
                let key = try? PublicKey(pem: signature.publicKey),
                (try? key.verifies(signature.signature, of: signature.cid)) == true
            else { continue }
            signers.append(signature)
        }
        guard signers.isEmpty else { return Verification(signers: signers, reason: nil) }
        return Verification(
            signers: [],
            reason: given == nil
                ? "no stored signature fits the key it was stored with"
                : "no stored signature is of this key")
    }
}
