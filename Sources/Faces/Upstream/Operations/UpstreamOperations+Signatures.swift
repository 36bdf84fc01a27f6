internal import Directory
internal import DirectoryMessages
internal import GatewayGRPC
internal import Records
internal import SwiftProtobuf
internal import Text

extension UpstreamOperations {
    func sign(_ cid: String) async throws(DirectoryError) -> StoredSignature {
        try await checkStored([cid])
        let (signature, key) = try await local.ownSignature(cid)
        return try await store(signature, by: key, for: cid)
    }

    func attach(
        _ signature: String, algorithm: String?, publicKey: String, to cid: String
    ) async throws(DirectoryError) -> StoredSignature {
        try await checkStored([cid])
        let key = try await Operations.check(signature, algorithm, publicKey, cid)
        return try await store(signature, by: key, for: cid)
    }

    /// Attaches a key, unless it is there, and a signature.
    private func store(_ signature: String, by key: PublicKey, for cid: String)
        async throws(DirectoryError) -> StoredSignature
    {
        let keys = try await referrers(of: cid, type: Referrer.keyType)
        let isKnown = keys.contains { referrer in
            let pem = referrer.data?["key"]?.string ?? ""
            return (try? PublicKey(pem: pem))?.fingerprint.hasBytes(of: key.fingerprint) ?? false
        }
        if !isKnown { try await attach(.key(key.pem, of: cid)) }
        let time = local.now()
        try await attach(.signature(signature, algorithm: key.algorithm, at: time, of: cid))
        return StoredSignature(
            cid: cid, signature: signature, algorithm: key.algorithm, signer: key.fingerprint,
            publicKey: key.pem, signedAt: time)
    }

    /// Attaches a referrer. The form of the message has changed between two generations of Directories:
    /// the newer one is tried first, and an older Directory cannot read it.
    private func attach(_ referrer: Referrer) async throws(DirectoryError) {
        do throws(GRPCStatus) {
            try Self.check(try await push(ReferrerMessage.request(referrer)), referrer)
        } catch {
            guard error.code == .internal else {
                throw DirectoryError(error, cids: [referrer.recordCID])
            }
            do throws(GRPCStatus) {
                try Self.check(try await push(ReferrerMessage.olderRequest(referrer)), referrer)
            } catch {
                throw DirectoryError(error, cids: [referrer.recordCID])
            }
        }
    }

    private func push(_ message: [UInt8]) async throws(GRPCStatus)
        -> Agntcy_Dir_Store_V1_PushReferrerResponse
    {
        let replies = try await caller.all(Self.store, "PushReferrer", [message])
        guard let reply = replies.first,
            let response = try? Agntcy_Dir_Store_V1_PushReferrerResponse(serializedBytes: reply)
        else { throw GRPCStatus(.internal, "the upstream has sent no reply") }
        return response
    }

    private static func check(
        _ response: Agntcy_Dir_Store_V1_PushReferrerResponse, _ referrer: Referrer
    ) throws(GRPCStatus) {
        guard !response.success else { return }
        let isMissing = ByteSearch("not found").occurs(in: response.errorMessage)
        throw GRPCStatus(isMissing ? .notFound : .invalidArgument, response.errorMessage)
    }

    /// Returns the referrers of a record; none when the record is not stored.
    func referrers(of cid: String, type: String) async throws(DirectoryError) -> [Referrer] {
        let request = Agntcy_Dir_Store_V1_PullReferrerRequest.with { request in
            request.recordRef.cid = cid
            request.referrerType = type
        }
        let replies: [[UInt8]]
        do throws(GRPCStatus) {
            guard let message: [UInt8] = try? request.serializedBytes() else { return [] }
            replies = try await caller.all(Self.store, "PullReferrer", [message])
        } catch {
            throw DirectoryError(error, cids: [cid])
        }
        var list: [Referrer] = []
        for reply in replies {
            let referrer: Referrer?
            do { referrer = try await ReferrerMessage.decodeResponse(reply, recordCID: cid) } catch
            {
                throw .upstreamFailed("the upstream has sent a referrer that cannot be read")
            }
            if let referrer, referrer.type.hasBytes(of: type) { list.append(referrer) }
        }
        return list
    }

    func verify(_ cid: String, publicKey: String?) async throws(DirectoryError)
        -> Operations.Verification
    {
        try await Operations.verify(try await signatures(of: cid), publicKey)
    }

    /// Returns the signatures that a key of the record has made: the others prove nothing here.
    func signatures(of cid: String) async throws(DirectoryError) -> [StoredSignature] {
        try await checkStored([cid])
        let keys = try await referrers(of: cid, type: Referrer.keyType)
        let signatures = try await referrers(of: cid, type: Referrer.signatureType)
        return await Self.match(signatures, keys, cid)
    }

    /// Finds the key of each signature, away from the caller's thread.
    @concurrent
    private static func match(_ signatures: [Referrer], _ keys: [Referrer], _ cid: String) async
        -> [StoredSignature]
    {
        let keys = keys.prefix(keyLimit).compactMap {
            try? PublicKey(pem: $0.data?["key"]?.string ?? "")
        }
        return signatures.prefix(signatureLimit).compactMap { referrer in
            let signature = referrer.data?["signature"]?.string ?? ""
            let key = keys.first { (try? $0.verifies(signature, of: cid)) == true }
            guard let key else { return nil }
            let time = referrer.data?["signedAt"]?.string ?? referrer.createdAt
            return StoredSignature(
                cid: cid, signature: signature, algorithm: key.algorithm, signer: key.fingerprint,
                publicKey: key.pem, signedAt: Timestamp.parse(time) ?? 0)
        }
    }

    /// The most keys and signatures of a record that are compared: each with each.
    private static let keyLimit = 32
    private static let signatureLimit = 256

    func ownPublicKey() async throws(DirectoryError) -> String { try await local.ownPublicKey() }
}
