internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import Records
internal import Secretbox
internal import SwiftASN1
internal import Text

/// A private key as cosign keeps it: PKCS#8 in NaCl's `secretbox`, with a key that scrypt derives from
/// a password. The file is PEM, and its content the JSON of the parameters (upstream's reference,
/// sigstore `cosign/keys.go`).
enum CosignKey {
    /// The kinds of PEM; the second one is of old versions of cosign.
    private static let kinds = ["ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY"]
    /// The most memory of the derivation, bytes; cosign's own parameters need 64 MiB.
    private static let mostMemory = 512 << 20
    private static let mostParallelism = 16

    /// Returns whether a PEM document is such a key.
    static func isOne(_ pem: String) -> Bool {
        guard let document = try? PEMDocument(pemString: pem) else { return false }
        return kinds.contains(bytesOf: document.discriminator)
    }

    /// Decrypts a key.
    /// - Parameter password: may be empty: cosign uses it so when none is wanted.
    /// - Throws: `KeyError.unusable`.
    static func open(_ pem: String, password: [UInt8]) throws(KeyError) -> SigningKey {
        guard let document = try? PEMDocument(pemString: pem),
            let json = try? JSONParser.parse(document.derBytes, valueLimit: 100),
            let box = bytes(json["ciphertext"]), let salt = bytes(json["kdf"]?["salt"]),
            let nonce = bytes(json["cipher"]?["nonce"])
        else { throw .unusable("the signing key is not one of cosign, although it says so") }
        guard json["kdf"]?["name"]?.string?.hasBytes(of: "scrypt") == true,
            json["cipher"]?["name"]?.string?.hasBytes(of: "nacl/secretbox") == true
        else { throw .unusable("the signing key is encrypted in a way that is not supported") }
        let key = try derive(password, salt, json["kdf"]?["params"])
        guard let der = Secretbox.open(box, nonce: nonce, key: key) else {
            throw .unusable("the password of the signing key is wrong, or the file is damaged")
        }
        return try SigningKey(der: der)
    }

    /// Derives the key of the box. The parameters come from the file, so their cost is bounded.
    private static func derive(_ password: [UInt8], _ salt: [UInt8], _ parameters: JSONValue?)
        throws(KeyError) -> [UInt8]
    {
        guard let rounds = whole(parameters?["N"]), let size = whole(parameters?["r"]),
            let parallelism = whole(parameters?["p"]), rounds >= 2, rounds & (rounds - 1) == 0,
            size <= 64, parallelism <= mostParallelism, rounds <= mostMemory / 128 / size
        else { throw .unusable("the signing key has parameters of scrypt that are not allowed") }
        do {
            let key = try KDF.Scrypt.deriveKey(
                from: password, salt: salt, outputByteCount: Secretbox.keyLength, rounds: rounds,
                blockSize: size, parallelism: parallelism)
            return key.withUnsafeBytes { Array($0) }
        } catch {
            throw .unusable("the key of the signing key cannot be derived: \(error)")
        }
    }

    private static func whole(_ value: JSONValue?) -> Int? {
        guard let number = value?.number, number >= 1, number <= 0x1p30 else { return nil }
        return Int(exactly: number)
    }

    private static func bytes(_ value: JSONValue?) -> [UInt8]? {
        value?.string.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }
    }
}
