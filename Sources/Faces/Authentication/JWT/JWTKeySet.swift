internal import JWTKit
internal import Text

/// Why a key set cannot be used.
public struct JWTKeySetError: Error, Sendable, CustomStringConvertible {
    /// The reason.
    public let description: String
}

/// The public keys of an issuer (JWK Set, RFC 7517 §5), each with the algorithms that it is for.
///
/// A key belongs to the algorithms of its own type only, whatever a token says: that is what makes
/// confusion of keys (a public key used as an HMAC secret) impossible. Keys that cannot check
/// signatures are left out; one key that is broken does not make the others useless.
struct JWTKeySet: Sendable {
    /// A key for one algorithm.
    struct Key: Sendable {
        let id: String?
        let name: JWTAlgorithmName
        let algorithm: any JWTAlgorithm
    }

    /// The keys; one that is for several algorithms is here for each.
    let keys: [Key]
    /// How many entries of the document were left out.
    let ignored: Int

    /// The longest document, in bytes.
    static let longest = 256 << 10
    private static let keyLimit = 100

    /// Reads a document.
    /// - Throws: `JWTKeySetError` when it is no key set, or has no key that can be used.
    init(_ document: [UInt8]) async throws(JWTKeySetError) {
        guard document.count <= Self.longest else {
            throw JWTKeySetError(description: "the key set is longer than \(Self.longest) bytes")
        }
        let value: JSONValue
        do { value = try JSONParser.parse(document, valueLimit: 10_000) } catch {
            throw JWTKeySetError(description: "the key set is not JSON: \(error)")
        }
        guard let entries = value["keys"]?.array else {
            throw JWTKeySetError(description: "the key set has no list 'keys'")
        }
        guard entries.count <= Self.keyLimit else {
            throw JWTKeySetError(description: "the key set has more than \(Self.keyLimit) keys")
        }
        var keys: [Key] = []
        var ignored = 0
        for entry in entries {
            let found = await Self.keys(entry)
            keys += found
            if found.isEmpty { ignored += 1 }
        }
        guard !keys.isEmpty else {
            throw JWTKeySetError(description: "the key set has no key that can check signatures")
        }
        self.keys = keys
        self.ignored = ignored
    }

    /// Returns whether a key has this id.
    func contains(_ id: String) -> Bool { keys.contains { $0.id?.hasBytes(of: id) ?? false } }

    /// Returns the key for a token.
    /// - Parameter id: `kid` of the token; without one, the set must have a single key for the algorithm.
    func key(_ id: String?, _ name: JWTAlgorithmName) -> Key? {
        let usable = keys.filter { $0.name == name }
        guard let id else { return usable.count == 1 ? usable[0] : nil }
        return usable.first { $0.id?.hasBytes(of: id) ?? false }
    }

    private static func keys(_ entry: JSONValue) async -> [Key] {
        guard isForSignatures(entry), let type = entry["kty"]?.string else { return [] }
        let id = entry["kid"]?.string
        guard (id?.utf8.count ?? 0) <= JSONWebToken.longestKeyID else { return [] }
        var names = names(type, entry["crv"]?.string)
        if let algorithm = entry["alg"] {
            guard let name = algorithm.string.flatMap(JWTAlgorithmName.init) else { return [] }
            names = names.filter { $0 == name }
        }
        var keys: [Key] = []
        for name in names {
            guard let algorithm = try? await algorithm(entry, name) else { continue }
            keys.append(Key(id: id, name: name, algorithm: algorithm))
        }
        return keys
    }

    /// Returns whether a key is meant for checking signatures (RFC 7517 §4.2 and §4.3).
    private static func isForSignatures(_ entry: JSONValue) -> Bool {
        if let use = entry["use"] {
            guard use.string?.hasBytes(of: "sig") ?? false else { return false }
        }
        if let operations = entry["key_ops"] {
            return operations.array?.compactMap(\.string).contains(bytesOf: "verify") ?? false
        }
        return true
    }

    private static func names(_ type: String, _ curve: String?) -> [JWTAlgorithmName] {
        let curves: [(String, JWTAlgorithmName)] = [
            ("P-256", .es256), ("P-384", .es384), ("P-521", .es512),
        ]
        if type.hasBytes(of: "RSA") { return [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512] }
        guard let curve else { return [] }
        if type.hasBytes(of: "EC") {
            return curves.filter { $0.0.hasBytes(of: curve) }.map(\.1)
        }
        return type.hasBytes(of: "OKP") && curve.hasBytes(of: "Ed25519") ? [.edDSA] : []
    }

    /// Makes the algorithm of a key. The collection is of jwt-kit, and only for this key: what it
    /// remembers of one token must not decide about the next.
    private static func algorithm(_ entry: JSONValue, _ name: JWTAlgorithmName) async throws
        -> any JWTAlgorithm
    {
        let keys = JWTKeyCollection()
        switch name {
        case .es256:
            await keys.add(ecdsa: try ES256PublicKey(parameters: coordinates(entry, 32)))
        case .es384:
            await keys.add(ecdsa: try ES384PublicKey(parameters: coordinates(entry, 48)))
        case .es512:
            await keys.add(ecdsa: try ES512PublicKey(parameters: coordinates(entry, 66)))
        case .edDSA:
            let x = try number(entry, "x", 32...32)
            await keys.add(eddsa: try EdDSA.PublicKey(x: x, curve: .ed25519))
        case .rs256: await keys.add(rsa: try rsa(entry), digestAlgorithm: .sha256)
        case .rs384: await keys.add(rsa: try rsa(entry), digestAlgorithm: .sha384)
        case .rs512: await keys.add(rsa: try rsa(entry), digestAlgorithm: .sha512)
        case .ps256: await keys.add(pss: try rsa(entry), digestAlgorithm: .sha256)
        case .ps384: await keys.add(pss: try rsa(entry), digestAlgorithm: .sha384)
        case .ps512: await keys.add(pss: try rsa(entry), digestAlgorithm: .sha512)
        }
        return try await keys.getKey()
    }

    private static func coordinates(_ entry: JSONValue, _ size: Int) throws -> ECDSAParameters {
        (x: try number(entry, "x", size...size), y: try number(entry, "y", size...size))
    }

    /// RSA keys of 2,048 to 8,192 bits: larger ones cost too much for each token.
    private static func rsa(_ entry: JSONValue) throws -> Insecure.RSA.PublicKey {
        try Insecure.RSA.PublicKey(
            modulus: number(entry, "n", 256...1025), exponent: number(entry, "e", 1...8))
    }

    /// Returns a number in base64url, whose length in bytes is checked here: jwt-kit takes any.
    private static func number(
        _ entry: JSONValue, _ name: String, _ lengths: ClosedRange<Int>
    ) throws -> String {
        guard let text = entry[name]?.string, let bytes = Base64URL.decode(text.utf8),
            lengths.contains(bytes.count)
        else { throw JWTKeySetError(description: "\(name) is not a number of the right length") }
        return text
    }
}
