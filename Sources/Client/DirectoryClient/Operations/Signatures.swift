internal import FoundationEssentials
internal import NIOHTTP1
internal import Text

/// A signature of a record.
public struct SignatureInfo: Sendable, Equatable, Codable {
    public let cid: String
    /// Base64.
    public let signature: String
    public let algorithm: String
    /// The fingerprint of the key.
    public let signer: String
    /// PEM.
    public let publicKey: String
    /// RFC 3339.
    public let signedAt: String

    private enum CodingKeys: String, CodingKey {
        case cid, signature, algorithm, signer
        case publicKey = "public_key"
        case signedAt = "signed_at"
    }
}

/// What the signatures of a record are worth.
public struct Verification: Sendable, Equatable, Codable {
    public let verified: Bool
    public let signers: [Signer]
    /// `integrity`, or that it is signed by the given key; nil when nothing is proved.
    public let proves: String?
    /// Why nothing is.
    public let reason: String?

    public struct Signer: Sendable, Equatable, Codable {
        /// The fingerprint of the key.
        public let signer: String
        public let algorithm: String
        /// PEM.
        public let publicKey: String

        private enum CodingKeys: String, CodingKey {
            case signer, algorithm
            case publicKey = "public_key"
        }
    }
}

extension DirectoryClient {
    /// Has the gateway sign a record with its own key.
    public func sign(_ cid: String) async throws(DirectoryClientError) -> SignatureInfo {
        try await decode(SignatureInfo.self, ClientRequest("/sign", SignBody(cid: cid)))
    }

    /// Stores a signature that was made elsewhere; the gateway verifies it first.
    /// - Parameters:
    ///   - signature: base64, over the ASCII bytes of the cid.
    ///   - publicKey: PEM.
    public func attach(_ signature: String, publicKey: String, to cid: String)
        async throws(DirectoryClientError) -> SignatureInfo
    {
        let body = SignBody(cid: cid, signature: signature, public_key: publicKey)
        return try await decode(SignatureInfo.self, ClientRequest("/sign", body))
    }

    /// Checks the stored signatures of a record.
    /// - Parameter publicKey: PEM; nil checks against the keys that are stored with the record.
    public func verify(_ cid: String, publicKey: String? = nil) async throws(DirectoryClientError)
        -> Verification
    {
        let body = SignBody(cid: cid, public_key: publicKey)
        return try await decode(Verification.self, ClientRequest("/verify", body))
    }

    /// The signatures of a record.
    public func signatures(of cid: String) async throws(DirectoryClientError) -> [SignatureInfo] {
        let path = "/records/\(PercentCoding.encode(cid))/signatures"
        return try await decode(Signatures.self, ClientRequest(.GET, path)).signatures
    }

    /// The gateway's own public key, PEM.
    public func signingKey() async throws(DirectoryClientError) -> String {
        var request = ClientRequest(.GET, "/signing-key")
        request.accept = "*/*"
        return String(decoding: try await answer(request).body, as: UTF8.self)
    }

    private struct SignBody: Encodable {
        var cid: String
        var signature: String?
        var public_key: String?
    }

    private struct Signatures: Decodable { let signatures: [SignatureInfo] }
}
