internal import FoundationEssentials
internal import NIOHTTP1
internal import Text

/// A signature of a record.
public struct SignatureInfo: Sendable, Equatable, Codable {
    /// The cid of the record.
    public let cid: String
    /// Base64.
    public let signature: String
    /// The algorithm of the key, such as `ECDSA-P-256`.
    public let algorithm: String
    /// The fingerprint of the key.
    public let signer: String
    /// The key, PEM.
    public let publicKey: String
    /// When it was stored (RFC 3339).
    public let signedAt: String

    private enum CodingKeys: String, CodingKey {
        case cid, signature, algorithm, signer
        case publicKey = "public_key"
        case signedAt = "signed_at"
    }
}

/// The result of checking the signatures of a record.
public struct Verification: Sendable, Equatable, Codable {
    /// Whether there is a valid signature.
    public let verified: Bool
    /// The keys of the valid signatures.
    public let signers: [Signer]
    /// `integrity` or `signed by the given key`; nil when there is no valid signature.
    public let proves: String?
    /// Why there is no valid signature; nil when there is one.
    public let reason: String?

    /// A key that has signed.
    public struct Signer: Sendable, Equatable, Codable {
        /// The fingerprint of the key.
        public let signer: String
        /// The algorithm of the key.
        public let algorithm: String
        /// The key, PEM.
        public let publicKey: String

        private enum CodingKeys: String, CodingKey {
            case signer, algorithm
            case publicKey = "public_key"
        }
    }
}

extension DirectoryClient {
    /// Signs a record with the key of the gateway.
    /// - Throws: `DirectoryClientError`.
    public func sign(_ cid: String) async throws(DirectoryClientError) -> SignatureInfo {
        try await decode(SignatureInfo.self, ClientRequest("/sign", SignBody(cid: cid)))
    }

    /// Stores a signature that was made elsewhere; the gateway verifies it first.
    /// - Parameters:
    ///   - signature: base64, over the ASCII bytes of the cid.
    ///   - publicKey: PEM.
    /// - Throws: `DirectoryClientError`.
    public func attach(_ signature: String, publicKey: String, to cid: String)
        async throws(DirectoryClientError) -> SignatureInfo
    {
        let body = SignBody(cid: cid, signature: signature, public_key: publicKey)
        return try await decode(SignatureInfo.self, ClientRequest("/sign", body))
    }

    /// Checks the stored signatures of a record.
    /// - Parameter publicKey: PEM; nil for the keys that are stored with the record.
    /// - Throws: `DirectoryClientError`.
    public func verify(_ cid: String, publicKey: String? = nil) async throws(DirectoryClientError)
        -> Verification
    {
        let body = SignBody(cid: cid, public_key: publicKey)
        return try await decode(Verification.self, ClientRequest("/verify", body))
    }

    /// Returns the signatures of a record.
    /// - Throws: `DirectoryClientError`.
    public func signatures(of cid: String) async throws(DirectoryClientError) -> [SignatureInfo] {
        let path = "/records/\(PercentCoding.encode(cid))/signatures"
        return try await decode(Signatures.self, ClientRequest(.GET, path)).signatures
    }

    /// Returns the public key of the gateway, PEM.
    /// - Throws: `DirectoryClientError`.
    public func signingKey() async throws(DirectoryClientError) -> String {
        var request = ClientRequest(.GET, "/signing-key")
        request.accept = "*/*"
        return String(decoding: try await response(to: request).body, as: UTF8.self)
    }

    private struct SignBody: Encodable {
        var cid: String
        var signature: String?
        var public_key: String?
    }

    private struct Signatures: Decodable { let signatures: [SignatureInfo] }
}
