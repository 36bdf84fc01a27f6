internal import ArgumentParser
internal import DirectoryClient

/// Signs a record.
struct Sign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sign a record with the key of the gateway, or with your own key.",
        discussion: """
            Your own key is not sent: only the signature is. The password of a key of cosign comes from \
            COSIGN_PASSWORD, --password-stdin or the terminal. Signatures without a key (OIDC) are not \
            supported.

            Examples:
              dirctl sign directory.example.org/campus/tutor
              dirctl sign directory.example.org/campus/tutor --key cosign.key
            """)

    @OptionGroup var argument: RecordArgument
    @OptionGroup var signing: SigningOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let signer = try signing.signer(options)
        let client = try options.client()
        let cid = try await Reference.cid(argument.record, client)
        let signature = try await signer.sign(cid, client)
        try format.show(
            signature,
            human:
                "Record is: signed\n  Signer: \(Output.printable(signature.signer)) (\(Output.printable(signature.algorithm)))",
            raw: signature.signature)
    }
}
