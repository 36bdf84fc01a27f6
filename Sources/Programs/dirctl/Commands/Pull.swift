internal import ArgumentParser
internal import DirectoryClient
internal import FoundationEssentials
internal import Records

/// Prints a record.
struct Pull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a record.",
        discussion: """
            raw is exactly the canonical JSON that hashes to the cid; json is indented. What does \
            not hash to the cid is not printed.

            Example:
              dirctl pull example.org/tutor:v1 -o raw --output-file tutor.json
            """)

    @Argument(help: "A cid, or name[:version]: the newest record of that name.")
    var record: String

    @Option(help: "Write to this file instead.", completion: .file())
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
                    "what came does not hash to \(cid): it is not this record and is not shown")
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
