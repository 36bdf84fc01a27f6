internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import SwiftASN1
internal import Text

/// A public key that can verify signatures over a record's CID.
///
/// The payload is the ASCII bytes of the CID, as upstream. ECDSA and RSA (PKCS#1 v1.5) sign its
/// SHA-256, as `openssl dgst -sha256` does; Ed25519 signs the payload itself.
package struct PublicKey: Sendable {
    private enum Kind {
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case p521(P521.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)
    }

    /// The beginning of an Ed25519 key in DER (RFC 8410 §4): the algorithm, and a bit string of 32
    /// bytes.
    private static let ed25519Prefix: [UInt8] = [
        0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]

    private struct PEMError: Error {}

    private let kind: Kind
    /// `SHA256:` and the base64 of the hash of the DER.
    package let fingerprint: String
    /// The upstream name: `ECDSA-P-256`, `Ed25519`, `RSA-2048`…
    package let algorithm: String
    /// The key in its normal form, PEM. This form is stored.
    package let pem: String

    /// Reads a key in PEM.
    /// - Parameter pem: `-----BEGIN PUBLIC KEY-----` and so on.
    package init(pem text: String) throws(KeyError) {
        guard text.utf8.count <= 16 << 10 else {
            throw .invalid(part: "public_key", reason: "is longer than any key")
        }
        let document: PEMDocument
        do {
            // PEM is ASCII (RFC 7468 §3); the parser compares characters.
            guard text.utf8.allSatisfy({ $0 < 0x80 }) else { throw PEMError() }
            document = try PEMDocument(pemString: text)
        } catch {
            throw .invalid(part: "public_key", reason: "is not PEM")
        }
        guard document.discriminator.hasBytes(of: "PUBLIC KEY") else {
            throw .invalid(
                part: "public_key",
                reason:
                    "is a \(document.discriminator.lowercasedASCII.clipped(to: 64)), not a public key"
            )
        }
        try self.init(der: document.derBytes)
    }

    /// Reads a key in DER.
    /// - Parameter der: a SubjectPublicKeyInfo (RFC 5280 §4.1).
    package init(der given: [UInt8]) throws(KeyError) {
        // One key has several encodings, but must have one fingerprint: only the normal form is used.
        let der: [UInt8]
        if let key = try? P256.Signing.PublicKey(derRepresentation: given) {
            (kind, algorithm, der) = (.p256(key), "ECDSA-P-256", [UInt8](key.derRepresentation))
        } else if let key = try? P384.Signing.PublicKey(derRepresentation: given) {
            (kind, algorithm, der) = (.p384(key), "ECDSA-P-384", [UInt8](key.derRepresentation))
        } else if let key = try? P521.Signing.PublicKey(derRepresentation: given) {
            (kind, algorithm, der) = (.p521(key), "ECDSA-P-521", [UInt8](key.derRepresentation))
        } else if given.starts(with: Self.ed25519Prefix),
            let key = try? Curve25519.Signing.PublicKey(
                rawRepresentation: given.dropFirst(Self.ed25519Prefix.count))
        {
            (kind, algorithm, der) = (.ed25519(key), "Ed25519", Self.der(key))
        } else if let key = try? _RSA.Signing.PublicKey(derRepresentation: given) {
            (kind, algorithm, der) = (
                .rsa(key), "RSA-\(key.keySizeInBits)", [UInt8](key.derRepresentation)
            )
        } else {
            throw .invalid(
                part: "public_key",
                reason:
                    "is not of a supported kind: use P-256, P-384, P-521, Ed25519, or RSA with at least 2048 bits"
            )
        }
        let hash = Data(SHA256.hash(data: der))
        fingerprint = "SHA256:\(hash.base64EncodedString())"
        pem = PEMDocument(type: "PUBLIC KEY", derBytes: der).pemString + "\n"
    }

    /// Returns the DER of an Ed25519 key.
    static func der(_ key: Curve25519.Signing.PublicKey) -> [UInt8] {
        ed25519Prefix + key.rawRepresentation
    }

    /// Returns whether this key made `signature` (base64) over `cid`.
    /// - Throws: `KeyError.invalid` when it is not a signature.
    package func verifies(_ signature: String, of cid: String) throws(KeyError) -> Bool {
        guard signature.utf8.count <= 8 << 10, let bytes = Data(base64Encoded: signature),
            !bytes.isEmpty
        else {
            throw .invalid(part: "signature", reason: "is not base64")
        }
        let payload = Data(cid.utf8)
        switch kind {
        case .p256(let key):
            let signature = try? P256.Signing.ECDSASignature(derRepresentation: bytes)
            return try isSet(signature) {
                key.isValidSignature($0, for: SHA256.hash(data: payload))
            }
        case .p384(let key):
            let signature = try? P384.Signing.ECDSASignature(derRepresentation: bytes)
            return try isSet(signature) {
                key.isValidSignature($0, for: SHA256.hash(data: payload))
            }
        case .p521(let key):
            let signature = try? P521.Signing.ECDSASignature(derRepresentation: bytes)
            return try isSet(signature) {
                key.isValidSignature($0, for: SHA256.hash(data: payload))
            }
        case .ed25519(let key): return key.isValidSignature(bytes, for: payload)
        case .rsa(let key):
            let signature = _RSA.Signing.RSASignature(rawRepresentation: bytes)
            return key.isValidSignature(
                signature, for: SHA256.hash(data: payload), padding: .insecurePKCS1v1_5)
        }
    }

    private func isSet<Signature>(_ signature: Signature?, _ check: (Signature) -> Bool)
        throws(KeyError) -> Bool
    {
        guard let signature else {
            throw .invalid(part: "signature", reason: "is not an ECDSA signature in DER")
        }
        return check(signature)
    }
}
