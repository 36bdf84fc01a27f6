internal import ArgumentParser
internal import DirectoryClient

struct Routing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Publish and unpublish records, and list the published ones.",
        discussion: """
            Example:
              dirctl routing publish directory.example.org/campus/tutor
            """,
        subcommands: [Publish.self, Unpublish.self, List.self])

    @OptionGroup var options: ClientOptions
    @OptionGroup var format: FormatOptions

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish records: all that are named, or none when one is not stored.",
            discussion: """
                Example:
                  dirctl search -o raw | dirctl routing publish --stdin
                """)

        @OptionGroup var records: RecordArguments
        @Flag(help: "Publish every stored record.") var all = false
        @Option(help: "Publish records with a label that contains this text.") var label: [String] =
            []
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let named = try records.named()
            let kinds = [!named.isEmpty, all, !label.isEmpty].filter(\.self).count
            guard kinds == 1 else {
                throw ValidationError("use either records, or --all, or --label")
            }
            try CommaList.refuseEmpty([("--label", label)])
            let client = try options.client()
            let selection: DirectoryClient.Selection =
                if all {
                    .all
                } else if !label.isEmpty {
                    .labels(label)
                } else {
                    .cids(try await Reference.cids(named, client))
                }
            try format.show(
                try await client.publish(selection),
                human: { "Published record with CID: \($0)" }, raw: { $0 }, none: "No records found"
            )
        }
    }

    struct Unpublish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Unpublish records.",
            discussion: """
                Example:
                  dirctl routing unpublish directory.example.org/campus/tutor
                """)

        @OptionGroup var records: RecordArguments
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            try format.show(
                try await client.unpublish(try await records.cids(client)),
                human: { "Unpublished record with CID: \($0)" }, raw: { $0 }, none: "")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List published records, newest first.",
            discussion: """
                Example:
                  dirctl routing list --skill natural_language --limit 3
                """)

        @OptionGroup var labels: LabelOptions
        @Option(help: "The most records to show.") var limit = 100
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            var query = RecordQuery()
            query.isPublished = true
            let found = try await labels.find(query, limit: limit, try options.client())
            try RecordList.show(found, format)
        }
    }
}
