internal import ArgumentParser
internal import DirectoryClient
internal import FoundationEssentials
internal import Records

/// Prints a record.
struct Pull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a record.",
        discussion: """
            raw is exactly the canonical JSON of the cid; json is indented. Content that does not \
            match the cid is not printed.

            Example:
              dirctl pull example.org/tutor:v1 -o raw --output-file tutor.json
            """)

    @Argument(help: "A cid, or name[:version]: the newest record of that name.")
    var record: String

    @Option(help: "Write to this file instead of standard output.", completion: .file())
    var outputFile: String?

    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
        let cid = try await Reference.cid(record, client)
        let content = Array(try await client.pull(cid))
        guard CID.of(content).utf8.elementsEqual(cid.utf8) else {
            throw Exit.Failure(
                message:
                    "the content does not match the cid \(cid), and is not printed")
        }
        let bytes: [UInt8] =
            switch format.format(or: .json) {
            case .raw: content
            case .jsonl: content + [0x0A]
            case .json, .human: JSONText.indented(content) + [0x0A]
            }
        guard let outputFile else { return Output.bytes(bytes) }
        do { try Data(bytes).write(to: URL(filePath: outputFile)) } catch {
            throw Exit.Failure(message: "\(outputFile) cannot be written")
        }
    }
}
