import Crypto
import CryptoExtras
import Foundation
import Text

/// A key of an issuer, made for the test, with its entry of a key set.
struct TestKey: Sendable {
    let id: String
    let algorithm: String
    let entry: String
    let sign: @Sendable ([UInt8]) throws -> [UInt8]

    static func es256(_ id: String = "ec") -> TestKey {
        let key = P256.Signing.PrivateKey()
        let point = [UInt8](key.publicKey.x963Representation)
        let (x, y) = (Base64URL.encode(point[1..<33]), Base64URL.encode(point[33..<65]))
        return TestKey(
            id: id, algorithm: "ES256",
            entry: #"{"kty":"EC","crv":"P-256","kid":"\#(id)","x":"\#(x)","y":"\#(y)"}"#
        ) { try [UInt8](key.signature(for: Data($0)).rawRepresentation) }
    }

    static func edDSA(_ id: String = "ed") -> TestKey {
        let key = Curve25519.Signing.PrivateKey()
        let x = Base64URL.encode([UInt8](key.publicKey.rawRepresentation))
        return TestKey(
            id: id, algorithm: "EdDSA",
            entry:
                #"{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"\#(id)","x":"\#(x)"}"#
        ) { try [UInt8](key.signature(for: Data($0))) }
    }

    /// Making a key takes a while, so there is one for all tests.
    private static let rsaKey = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    /// - Parameter isPSS: whether it signs with PS256.
    static func rsa(_ id: String = "rsa", isPSS: Bool = false) throws -> TestKey {
        let key = try rsaKey.get()
        let parts = try key.publicKey.getKeyPrimitives()
        let n = Base64URL.encode([UInt8](parts.modulus))
        let e = Base64URL.encode([UInt8](parts.publicExponent))
        return TestKey(
            id: id, algorithm: isPSS ? "PS256" : "RS256",
            entry: #"{"kty":"RSA","kid":"\#(id)","n":"\#(n)","e":"\#(e)"}"#
        ) {
            let padding: _RSA.Signing.Padding = isPSS ? .PSS : .insecurePKCS1v1_5
            return try [UInt8](
                key.signature(for: SHA256.hash(data: Data($0)), padding: padding)
                    .rawRepresentation)
        }
    }

    /// The public key as PEM: what a confused verifier would take for an HMAC secret.
    static func rsaPEM() throws -> String { try rsaKey.get().publicKey.pemRepresentation }

    /// Makes a token.
    func token(_ claims: String, header: String? = nil) throws -> String {
        let header = header ?? #"{"alg":"\#(algorithm)","typ":"at+jwt","kid":"\#(id)"}"#
        let signed =
            Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
        return signed + "." + Base64URL.encode(try sign(Array(signed.utf8)))
    }
}

/// The document of a key set.
func keySet(_ keys: [TestKey], others: [String] = []) -> [UInt8] {
    Array(#"{"keys":[\#((others + keys.map(\.entry)).joined(separator: ","))]}"#.utf8)
}
