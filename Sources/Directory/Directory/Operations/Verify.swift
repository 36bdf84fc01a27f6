internal import Records
internal import Text

extension Operations {
    /// The result of checking the signatures of a record.
    public struct Verification: Sendable {
        /// The valid signatures, one for each key.
        public let signers: [StoredSignature]
        /// Why there is no valid signature; nil when there is one.
        public let reason: String?

        /// Whether there is a valid signature.
        public var isVerified: Bool { !signers.isEmpty }
    }

    /// Checks the stored signatures of a record, with the keys that were stored with them, or with
    /// one given key. Emits nothing.
    /// - Parameter publicKey: PEM; nil for any key.
    /// - Throws: `DirectoryError.notFound`, or `.key` when `publicKey` is not a key.
    public func verify(_ cid: String, publicKey: String? = nil) async throws(DirectoryError)
        -> Verification
    {
        try Self.check(cids: [cid])
        let stored = try await signatures(of: cid)
        return try await Self.verify(stored, publicKey)
    }

    /// Returns the signatures of a record, oldest first. Emits nothing.
    /// - Throws: `DirectoryError.notFound`.
    public func signatures(of cid: String) async throws(DirectoryError) -> [StoredSignature] {
        try Self.check(cids: [cid])
        return try await store.read(of: cid) { try SignatureTable.signatures(of: cid, $0) }
    }

    /// Verifies away from the caller's thread, because it takes time.
    @concurrent
    package static func verify(_ stored: [StoredSignature], _ pem: String?)
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
                ? "no stored signature matches the key it was stored with"
                : "no stored signature was made by this key")
    }
}
