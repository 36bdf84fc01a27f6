internal import ArgumentParser
internal import DirectoryClient
internal import Records
internal import SwiftASN1
internal import Text

/// The flags of a signature.
struct SigningOptions: ParsableArguments {
    @Option(
        help: """
            A PEM file with your private key, or env://NAME: a key of cosign, or P-256, P-384, P-521, \
            Ed25519 or RSA as PKCS#8.
            """,
        completion: .file())
    var key: String?

    @Flag(help: "Read the password of the key from standard input. COSIGN_PASSWORD has it, too.")
    var passwordStdin = false

    // What upstream's client needs for signatures without a key.
    @Option(help: .hidden) var oidcToken: String?
    @Option(help: .hidden) var oidcProviderUrl: String?
    @Option(help: .hidden) var oidcClientSecret: String?
    @Option(help: .hidden) var fulcioUrl: String?
    @Option(help: .hidden) var rekorUrl: String?
    @Option(help: .hidden) var timestampUrl: String?
    // There is no transparency log here to skip.
    @Flag(help: .hidden) var skipTlog = false

    /// Whether a flag is given that says how to sign.
    var isUsed: Bool { key != nil || passwordStdin || !keyless.isEmpty }

    private var keyless: [String] {
        [
            ("--oidc-token", oidcToken), ("--oidc-provider-url", oidcProviderUrl),
            ("--oidc-client-secret", oidcClientSecret), ("--fulcio-url", fulcioUrl),
            ("--rekor-url", rekorUrl), ("--timestamp-url", timestampUrl),
        ].filter { $0.1 != nil }.map(\.0)
    }

    /// Returns who signs.
    /// - Parameter options: has two more flags of signatures without a key.
    /// - Throws: `Exit.Failure` or `KeyError` when the key cannot be used.
    func signer(_ options: ClientOptions) throws -> Signer {
        let shared = [
            ("--oidc-client-id", options.oidcClientId), ("--oidc-issuer", options.oidcIssuer),
        ]
        if let flag = keyless.first ?? shared.first(where: { $0.1 != nil })?.0 {
            throw Exit.Failure(
                message:
                    "\(flag): signatures without a key (OIDC, Fulcio, Rekor) are not supported: use --key FILE, or no flag for the key of the gateway",
                code: .usage)
        }
        guard let key else {
            if passwordStdin { throw ValidationError("--password-stdin needs --key") }
            return .gateway
        }
        let pem = try KeyReference.read(key)
        guard CosignKey.isOne(pem) else {
            let document = try? PEMDocument(pemString: pem)
            guard let document, document.discriminator.hasBytes(of: "PRIVATE KEY") else {
                return .own(try SigningKey(pem: pem))
            }
            return .own(try SigningKey(der: document.derBytes))
        }
        return .own(
            try CosignKey.open(pem, password: try Password.read(fromInput: passwordStdin)))
    }
}

/// Who signs records.
enum Signer: Sendable {
    /// The gateway, with its key.
    case gateway
    /// This program; the key is not sent.
    case own(SigningKey)

    /// Signs a record.
    func sign(_ cid: String, _ client: DirectoryClient) async throws -> SignatureInfo {
        switch self {
        case .gateway: try await client.sign(cid)
        case .own(let key):
            try await client.attach(try key.sign(cid), publicKey: key.publicKeyPEM, to: cid)
        }
    }
}
