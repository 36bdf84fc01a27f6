internal import ArgumentParser
internal import DirectoryClient
internal import Records

/// Signs a record.
struct Sign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sign a record with the key of the gateway, or with your own key.",
        discussion: """
            Your own key is not sent: only the signature is.

            Example:
              dirctl sign directory.example.org/campus/tutor --key own.pem
            """)

    @Argument(help: "A cid, or name[:version].") var record: String
    @Option(
        help: "A PEM file with your private key: P-256 (PKCS#8 or SEC1) or Ed25519 (PKCS#8).",
        completion: .file())
    var key: String?
    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
        let cid = try await Reference.cid(record, client)
        let signature: SignatureInfo
        if let key {
            let own = try SigningKey(pem: String(decoding: try Input.file(key), as: UTF8.self))
            signature = try await client.attach(
                try own.sign(cid), publicKey: own.publicKeyPEM, to: cid)
        } else {
            signature = try await client.sign(cid)
        }
        try format.show(
            signature,
            human:
                "Record is: signed\n  Signer: \(Output.printable(signature.signer)) (\(Output.printable(signature.algorithm)))",
            raw: signature.signature)
    }
}

/// Checks the signatures of a record.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the signatures of a record; exit 1 when none is valid.",
        discussion: """
            Without --key the signatures are checked against the keys that are stored with them, \
            which proves that the record is intact, but not who signed it.

            Example:
              dirctl verify directory.example.org/campus/tutor --key author.pub
            """)

    @Argument(help: "A cid, or name[:version].") var record: String
    @Option(help: "A PEM file with the public key that must have signed.", completion: .file())
    var key: String?
    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let pem = try key.map { String(decoding: try Input.file($0), as: UTF8.self) }
        // A private key that was named by mistake must not be sent.
        if let pem, pem.contains("PRIVATE KEY") {
            throw Exit.Failure(
                message:
                    "\(key ?? "") is a private key: use the public key ('openssl pkey -in KEY -pubout' prints it)",
                code: .usage)
        }
        let client = try options.client()
        let result = try await client.verify(
            try await Reference.cid(record, client), publicKey: pem)
        // A client that stores a record can store any key with it.
        let isIdentified = pem != nil
        let word = result.verified ? isIdentified ? "trusted" : "intact" : "not trusted"
        var human = "Record signature is: \(word)"
        if result.verified, !isIdentified {
            human += " (the signer was not checked: use --key)"
        }
        for signer in result.signers {
            human +=
                "\n  Signer: \(Output.printable(signer.signer)) (\(Output.printable(signer.algorithm)))"
        }
        if let proves = result.proves { human += "\n  Proves: \(Output.printable(proves))" }
        if let reason = result.reason { human += "\n  Reason: \(Output.printable(reason))" }
        try format.show(result, human: human, raw: word)
        if !result.verified { throw Exit.Silently(code: .failed) }
    }
}
