internal import ArgumentParser
internal import Directory
internal import DirectoryClient

/// Signs a record.
struct Sign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sign a record, with the gateway's key or with your own.",
        discussion: "Your own key never leaves this machine: only the signature is sent.")

    @Argument(help: "The cid of the record.") var cid: String
    @Option(
        help: "A PEM file with your private key: P-256 (PKCS#8 or SEC1) or Ed25519 (PKCS#8).",
        completion: .file())
    var key: String?
    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
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
            human: "Record is: signed\n  Signer: \(signature.signer) (\(signature.algorithm))",
            raw: signature.signature)
    }
}

/// Checks the signatures of a record.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the signatures of a record; exit 1 when none is good.",
        discussion: """
            Without --key the signatures are checked against the keys that are stored with them, \
            which proves that the record is whole, not who has signed it.
            """)

    @Argument(help: "The cid of the record.") var cid: String
    @Option(help: "A PEM file with the public key that must have signed.", completion: .file())
    var key: String?
    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let pem = try key.map { String(decoding: try Input.file($0), as: UTF8.self) }
        // What is given by mistake must not leave this machine.
        if let pem, pem.contains("PRIVATE KEY") {
            throw Exit.Failure(
                message:
                    "\(key ?? "") is a private key: give the public one ('openssl pkey -in KEY -pubout' prints it)",
                code: .usage)
        }
        let result = try await options.client().verify(cid, publicKey: pem)
        var human = "Record signature is: \(result.verified ? "trusted" : "not trusted")"
        for signer in result.signers {
            human += "\n  Signer: \(signer.signer) (\(signer.algorithm))"
        }
        if let proves = result.proves { human += "\n  Proves: \(proves)" }
        if let reason = result.reason { human += "\n  Reason: \(reason)" }
        try format.show(result, human: human, raw: result.verified ? "trusted" : "not trusted")
        if !result.verified { throw Exit.Silently(code: .failed) }
    }
}

/// Judges records without a gateway.
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check records by the gateway's own rules, without a gateway.")

    @Argument(help: "Files with one record each.", completion: .file())
    var files: [String] = []
    @Flag(help: "Read a record from standard input.") var stdin = false
    @OptionGroup var format: FormatOptions

    func validate() throws {
        if files.isEmpty, !stdin { throw ValidationError("give files, or --stdin") }
    }

    func run() throws {
        var failed = false
        var inputs = try files.map { ($0, Array(try Input.file($0))) }
        if stdin { inputs.append(("standard input", Array(Input.all()))) }
        var rows: [Row] = []
        for (name, json) in inputs {
            do throws(RecordError) {
                rows.append(Row(file: name, cid: try Record(json: json).cid))
            } catch {
                failed = true
                switch error {
                case .malformed(let reason):
                    Output.notice("Error: \(name): not a record: \(reason)")
                case .invalid(let faults):
                    let count = "\(faults.count) fault\(faults.count == 1 ? "" : "s")"
                    Output.notice("Error: \(name): the record has \(count):")
                    for fault in faults { Output.notice("  \(fault.pointer) \(fault.detail)") }
                }
            }
        }
        if !rows.isEmpty || format.format() == .json {
            try format.show(
                rows, human: { "\($0.file): valid, CID: \($0.cid)" }, raw: \.cid, none: "")
        }
        if failed { throw Exit.Silently(code: .failed) }
    }

    private struct Row: Encodable {
        let file: String
        let cid: String
    }
}
