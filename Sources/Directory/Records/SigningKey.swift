internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import SwiftASN1
internal import Text

/// A private key that signs records.
public struct SigningKey: Sendable {
    private enum Kind {
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case p521(P521.Signing.PrivateKey)
        case rsa(_RSA.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    /// The beginning of an Ed25519 key in PKCS#8 (RFC 8410 §7), up to its 32 bytes.
    private static let ed25519Prefix: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ]

    private let kind: Kind
    /// The public key.
    package let publicKey: PublicKey
    /// The public key, PEM.
    public var publicKeyPEM: String { publicKey.pem }

    /// Creates a P-256 key; returns it with its PEM (PKCS#8).
    package static func make() throws(KeyError) -> (key: SigningKey, pem: String) {
        let key = P256.Signing.PrivateKey()
        return (try SigningKey(.p256(key)), key.pemRepresentation + "\n")
    }

    /// Reads a key in PEM.
    /// - Parameter pem: P-256 as PKCS#8 or SEC 1, or Ed25519 as PKCS#8.
    public init(pem: String) throws(KeyError) {
        let document: PEMDocument
        do { document = try PEMDocument(pemString: pem) } catch {
            throw .unusable("the signing key is not PEM")
        }
        if document.discriminator.hasBytePrefix("ENCRYPTED") {
            throw .unusable(
                "the signing key is encrypted, which is not supported: create one without a password with 'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256', or sign with cosign and attach the signature"
            )
        }
        if let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) {
            try self.init(.p256(key))
        } else if document.derBytes.starts(with: Self.ed25519Prefix),
            let key = try? Curve25519.Signing.PrivateKey(
                rawRepresentation: document.derBytes.dropFirst(Self.ed25519Prefix.count))
        {
            try self.init(.ed25519(key))
        } else {
            throw .unusable(
                "the signing key is neither P-256 (PKCS#8 or SEC1) nor Ed25519 (PKCS#8)")
        }
    }

    /// Reads a key in DER.
    /// - Parameter der: PKCS#8 (RFC 5958): P-256, P-384, P-521, Ed25519, or RSA with at least 2048 bits.
    /// - Throws: `KeyError.unusable`.
    package init(der: [UInt8]) throws(KeyError) {
        if let key = try? P256.Signing.PrivateKey(derRepresentation: der) {
            try self.init(.p256(key))
        } else if let key = try? P384.Signing.PrivateKey(derRepresentation: der) {
            try self.init(.p384(key))
        } else if let key = try? P521.Signing.PrivateKey(derRepresentation: der) {
            try self.init(.p521(key))
        } else if der.starts(with: Self.ed25519Prefix),
            let key = try? Curve25519.Signing.PrivateKey(
                rawRepresentation: der.dropFirst(Self.ed25519Prefix.count))
        {
            try self.init(.ed25519(key))
        } else if let key = try? _RSA.Signing.PrivateKey(derRepresentation: der) {
            try self.init(.rsa(key))
        } else {
            throw .unusable(
                "the signing key is of no supported kind: use P-256, P-384, P-521, Ed25519, or RSA with at least 2048 bits"
            )
        }
    }

    private init(_ kind: Kind) throws(KeyError) {
        self.kind = kind
        switch kind {
        case .p256(let key):
            publicKey = try PublicKey(der: [UInt8](key.publicKey.derRepresentation))
        case .p384(let key):
            publicKey = try PublicKey(der: [UInt8](key.publicKey.derRepresentation))
        case .p521(let key):
            publicKey = try PublicKey(der: [UInt8](key.publicKey.derRepresentation))
        case .rsa(let key):
            publicKey = try PublicKey(der: [UInt8](key.publicKey.derRepresentation))
        case .ed25519(let key): publicKey = try PublicKey(der: PublicKey.der(key.publicKey))
        }
    }

    /// Signs a CID.
    /// - Returns: base64, as upstream.
    /// - Throws: `KeyError.unusable`.
    public func sign(_ cid: String) throws(KeyError) -> String {
        let payload = Data(cid.utf8)
        do {
            switch kind {
            case .p256(let key):
                let signature = try key.signature(for: SHA256.hash(data: payload))
                return signature.derRepresentation.base64EncodedString()
            case .p384(let key):
                let signature = try key.signature(for: SHA256.hash(data: payload))
                return signature.derRepresentation.base64EncodedString()
            case .p521(let key):
                let signature = try key.signature(for: SHA256.hash(data: payload))
                return signature.derRepresentation.base64EncodedString()
            case .rsa(let key):
                let signature = try key.signature(
                    for: SHA256.hash(data: payload), padding: .insecurePKCS1v1_5)
                return signature.rawRepresentation.base64EncodedString()
            case .ed25519(let key): return try key.signature(for: payload).base64EncodedString()
            }
        } catch {
            throw .unusable("the signing key cannot sign: \(error)")
        }
    }
}
