internal import ArgumentParser
internal import DirectoryClient

/// Shows a record without its content.
struct Info: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the size and labels of a record, without its content.",
        discussion: """
            Example:
              dirctl info directory.example.org/campus/tutor --json
            """)

    @Argument(help: "A cid, or name[:version].")
    var record: String

    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
        let info = try await client.info(try await Reference.cid(record, client))
        let labels =
            info.labels.map { Output.printable($0) }.joined(separator: ", ")
            + (info.hasMoreLabels ? ", and more ('dirctl pull' shows the whole record)" : "")
        let human = """
            Record information:
              CID:    \(info.cid)
              Size:   \(info.size) bytes
              Labels: \(labels.isEmpty ? "none" : labels)
            """
        try format.show(info, human: human, raw: info.cid)
    }
}
