internal import ArgumentParser
internal import DirectoryClient
internal import FoundationEssentials
internal import Records
internal import Text

/// Checks the signatures of a record.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the signatures of a record; exit 1 when none is valid.",
        discussion: """
            The signatures are checked here, not by the gateway. Without --key they are checked against \
            the keys that are stored with them: "valid, key unknown" proves that the record is intact, \
            but not who signed it. With --output-file the result is in the file, as upstream's client \
            writes it, and the exit code is 0 also when no signature is valid.

            Examples:
              dirctl verify directory.example.org/campus/tutor
              dirctl verify directory.example.org/campus/tutor --key author.pub
            """)

    @OptionGroup var argument: RecordArgument
    @Option(
        help: "A PEM file with the public key that must have signed, or env://NAME.",
        completion: .file())
    var key: String?
    @Option(help: "Write the result as JSON to this file.", completion: .file())
    var outputFile: String?
    @Flag(help: "Let the gateway check the signatures.") var fromServer = false

    // What upstream's client needs for signatures without a key.
    @Option(help: .hidden) var oidcSubject: String?
    @Option(help: .hidden) var tufMirrorUrl: String?
    @Option(help: .hidden) var trustedRootPath: String?
    // There is no transparency log, no timestamp and no certificate here to ignore.
    @Flag(help: .hidden) var ignoreTlog = false
    @Flag(help: .hidden) var ignoreTsa = false
    @Flag(help: .hidden) var ignoreSct = false

    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        try refuseKeyless()
        let pem = try key.map(KeyReference.read)
        // A private key that was named by mistake must not be sent.
        if let pem, pem.contains("PRIVATE KEY") {
            throw Exit.Failure(
                message:
                    "\(key ?? "") is a private key: use the public key ('openssl pkey -in KEY -pubout' prints it)",
                code: .usage)
        }
        let given = try pem.map { try PublicKey(pem: $0) }
        let client = try options.client()
        let result: VerificationResult
        do {
            let cid = try await Reference.cid(argument.record, client)
            result =
                fromServer
                ? VerificationResult(try await client.verify(cid, publicKey: pem))
                : VerificationResult(try await client.signatures(of: cid), of: cid, by: given)
        } catch DirectoryClientError.refused(let problem)
            where outputFile != nil && problem.status == 404
        {
            result = VerificationResult(reason: "record not found")
        }
        try show(result, isIdentified: given != nil)
    }

    private func show(_ result: VerificationResult, isIdentified: Bool) throws {
        if let outputFile { try Output.file(result.response.line + [0x0A], to: outputFile) }
        // A client that stores a record can store any key with it.
        let word = result.verified ? isIdentified ? "trusted" : "valid, key unknown" : "not trusted"
        var human = "Record signature is: \(word)"
        if result.verified, !isIdentified {
            human +=
                "\n  The signer was not checked: --key FILE names the key that must have signed."
        }
        for signer in result.signers {
            human +=
                "\n  Signer: \(Output.printable(signer.signer)) (\(Output.printable(signer.algorithm)))"
        }
        if let proves = result.proves { human += "\n  Proves: \(Output.printable(proves))" }
        if let reason = result.reason { human += "\n  Reason: \(Output.printable(reason))" }
        try format.show(result, human: human, raw: word)
        if !result.verified, outputFile == nil { throw Exit.Silently(code: .failed) }
    }

    private func refuseKeyless() throws {
        let flags = [
            ("--oidc-issuer", options.oidcIssuer), ("--oidc-subject", oidcSubject),
            ("--tuf-mirror-url", tufMirrorUrl), ("--trusted-root-path", trustedRootPath),
        ]
        guard let flag = flags.first(where: { $0.1 != nil }) else { return }
        throw Exit.Failure(
            message:
                "\(flag.0): signatures without a key (OIDC, Fulcio, Rekor) are not supported: use --key FILE with the public key of the signer",
            code: .usage)
    }
}
