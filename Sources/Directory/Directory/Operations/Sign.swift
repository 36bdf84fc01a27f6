internal import GRDB
internal import Records
internal import Text

extension Operations {
    /// Signs a record with the gateway's own key.
    ///
    /// Emits PUBLIC_KEY_UPLOADED if the key is new for the record, then RECORD_SIGNED.
    public func sign(_ cid: String) async throws(DirectoryError) -> StoredSignature {
        _ = try await info(cid)
        let (signature, key) = try await ownSignature(cid)
        return try await store(signature, by: key, for: cid)
    }

    /// Stores a signature that was made elsewhere, once it has been verified.
    ///
    /// Emits as `sign`.
    /// - Parameters:
    ///   - signature: base64, over the ASCII bytes of the CID.
    ///   - algorithm: what the client takes it for; nil if it does not say.
    ///   - publicKey: PEM.
    public func attach(
        _ signature: String, algorithm: String?, publicKey: String, to cid: String
    ) async throws(DirectoryError) -> StoredSignature {
        _ = try await info(cid)
        let key = try await Self.check(signature, algorithm, publicKey, cid)
        return try await store(signature, by: key, for: cid)
    }

    /// - Returns: the key whose signature it is.
    @concurrent
    private static func check(
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
            throw .invalid(part: "signature", reason: "is not this key's over this cid")
        }
        return key
    }

    /// The gateway's own public key, PEM.
    @concurrent
    public func ownPublicKey() async throws(DirectoryError) -> String {
        do { return try signingKey.load().publicKey.pem } catch { throw .key(error) }
    }

    /// Reading the key and signing take time: they leave the caller's thread.
    @concurrent
    private func ownSignature(_ cid: String) async throws(DirectoryError) -> (String, PublicKey) {
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
        let time = now()
        return try await store.write { database in
            guard let id = try RecordTable.id(of: cid, database) else {
                throw DirectoryError.notFound([cid])
            }
            let attached = try SignatureTable.attach(
                signature, by: key, to: cid, id, at: time, database)
            let stored = StoredSignature(
                cid: cid, signature: signature, algorithm: key.algorithm, signer: key.fingerprint,
                publicKey: key.pem, signedAt: attached.signedAt)
            return Change(result: stored, events: attached.events)
        }
    }
}
