internal import ArgumentParser
internal import DirectoryClient

struct Routing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Announce records, withdraw them, list what is announced.",
        subcommands: [Publish.self, Unpublish.self, List.self])

    @OptionGroup var options: ClientOptions
    @OptionGroup var format: FormatOptions

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Announce records: all that are named, or none when one is not stored.")

        @Argument(help: "The cids of the records.") var cids: [String] = []
        @Flag(help: "Read more cids from standard input.") var stdin = false
        @Flag(help: "Announce every record that is stored.") var all = false
        @Option(help: "Announce records with a label that contains this.") var label: [String] = []
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let named = cids + (stdin ? Input.words() : [])
            let kinds = [!named.isEmpty, all, !label.isEmpty].filter(\.self).count
            guard kinds == 1 else {
                throw ValidationError("give cids, or --all, or --label, and only one of them")
            }
            let selection: DirectoryClient.Selection =
                all ? .all : label.isEmpty ? .cids(named) : .labels(label)
            try format.show(
                try await options.client().publish(selection),
                human: { "Published record with CID: \($0)" }, raw: { $0 }, none: "No records found"
            )
        }
    }

    struct Unpublish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Withdraw records.")

        @OptionGroup var cids: CIDArguments
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            try format.show(
                try await options.client().unpublish(try cids.all()),
                human: { "Unpublished record with CID: \($0)" }, raw: { $0 }, none: "")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what is announced, newest first.")

        @OptionGroup var labels: LabelOptions
        @Option(help: "The most records to show.") var limit = 100
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            var query = RecordQuery()
            query.isPublished = true
            let found = try await labels.find(query, limit: limit, try options.client())
            try format.show(
                found,
                human: {
                    "\($0.cid)  \(Output.printable($0.name)) \(Output.printable($0.version))"
                }, raw: \.cid,
                none: "No records found")
        }
    }
}
