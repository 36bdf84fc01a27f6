internal import ArgumentParser
internal import DirectoryClient

/// Shows a record without its content.
struct Info: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the size, labels and state of a record, without its content.",
        discussion: """
            Example:
              dirctl info directory.example.org/campus/tutor --json
            """)

    @OptionGroup var argument: RecordArgument
    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
        let info = try await client.info(try await Reference.cid(argument.record, client))
        let labels =
            info.labels.map { Output.printable($0) }.joined(separator: ", ")
            + (info.hasMoreLabels ? ", and more ('dirctl pull' shows the whole record)" : "")
        var human = """
            Record information:
              CID:    \(info.cid)
              Size:   \(info.size) bytes
              Labels: \(labels.isEmpty ? "none" : labels)
            """
        if let isPublished = info.isPublished {
            human += "\n  Published:  \(isPublished ? "yes" : "no")"
        }
        if let signatures = info.signatures { human += "\n  Signatures: \(signatures)" }
        try format.show(info, human: human, raw: info.cid)
    }
}
