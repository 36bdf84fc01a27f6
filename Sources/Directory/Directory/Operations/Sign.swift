internal import GRDB
package import Records
internal import Text

extension Operations {
    /// Signs a record with the gateway's own key.
    ///
    /// Emits PUBLIC_KEY_UPLOADED if the key is new for the record, then RECORD_SIGNED.
    /// - Throws: `DirectoryError.notFound`, or `.key` when the key cannot be used.
    public func sign(_ cid: String) async throws(DirectoryError) -> StoredSignature {
        _ = try await info(cid)
        let (signature, key) = try await ownSignature(cid)
        return try await store(signature, by: key, for: cid)
    }

    /// Verifies a signature that was made elsewhere, and stores it.
    ///
    /// Emits the same events as `sign`.
    /// - Parameters:
    ///   - signature: base64, over the ASCII bytes of the CID.
    ///   - algorithm: the algorithm that the client expects; nil for any.
    ///   - publicKey: PEM.
    /// - Throws: `DirectoryError.notFound`, or `.key` when the signature is not valid.
    public func attach(
        _ signature: String, algorithm: String?, publicKey: String, to cid: String
    ) async throws(DirectoryError) -> StoredSignature {
        _ = try await info(cid)
        let key = try await Self.check(signature, algorithm, publicKey, cid)
        return try await store(signature, by: key, for: cid)
    }

    /// Verifies a signature.
    /// - Returns: the key that made it.
    @concurrent
    package static func check(
        _ signature: String, _ algorithm: String?, _ publicKey: String, _ cid: String
    ) async throws(DirectoryError) -> PublicKey {
        do { return try key(publicKey, algorithm, whichMade: signature, over: cid) } catch {
            throw .key(error)
        }
    }

    private static func key(
        _ pem: String, _ algorithm: String?, whichMade signature: String, over cid: String
    ) throws(KeyError) -> PublicKey {
        let key = try PublicKey(pem: pem)
        if let algorithm, !algorithm.hasBytes(of: key.algorithm) {
            throw .invalid(
                part: "algorithm",
                reason:
                    "is \(algorithm.clipped(to: 64)), but the key is for \(key.algorithm)")
        }
        guard try key.verifies(signature, of: cid) else {
            throw .invalid(part: "signature", reason: "was not made by this key over this cid")
        }
        return key
    }

    /// Returns the gateway's own public key, PEM.
    /// - Throws: `DirectoryError.key` when it cannot be read or created.
    @concurrent
    public func ownPublicKey() async throws(DirectoryError) -> String {
        do { return try signingKey.load().publicKey.pem } catch { throw .key(error) }
    }

    /// Signs away from the caller's thread, because reading the key and signing take time.
    @concurrent
    package func ownSignature(_ cid: String) async throws(DirectoryError) -> (String, PublicKey) {
        do throws(KeyError) {
            let key = try signingKey.load()
            return (try key.sign(cid), key.publicKey)
        } catch {
            throw .key(error)
        }
    }

    private func store(_ signature: String, by key: PublicKey, for cid: String)
        async throws(DirectoryError) -> StoredSignature
    {
        try await store.apply(
            AttachSignature(signature: signature, key: key, cid: cid, time: now()))
    }
}

/// Stores a verified signature with its key.
struct AttachSignature: Change {
    /// Base64.
    let signature: String
    let key: PublicKey
    let cid: String
    /// Microseconds since 1970.
    let time: Int64

    func apply(to database: Database) throws -> Applied<StoredSignature> {
        guard let id = try RecordTable.id(of: cid, database) else {
            throw DirectoryError.notFound([cid])
        }
        let attached = try SignatureTable.attach(
            signature, by: key, to: cid, id, at: time, database)
        let stored = StoredSignature(
            cid: cid, signature: signature, algorithm: key.algorithm, signer: key.fingerprint,
            publicKey: key.pem, signedAt: attached.signedAt)
        return Applied(result: stored, events: attached.events)
    }
}
