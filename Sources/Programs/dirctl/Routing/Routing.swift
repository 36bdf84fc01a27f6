internal import ArgumentParser
internal import DirectoryClient
internal import Text

struct Routing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Publish and unpublish records, and find the published ones.",
        discussion: """
            Example:
              dirctl routing publish directory.example.org/campus/tutor
            """,
        subcommands: [
            Publish.self, Unpublish.self, List.self, RoutingSearch.self, RoutingInfo.self,
        ])

    @OptionGroup var options: ClientOptions
    @OptionGroup var format: FormatOptions

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish records: all that are named, or none when one is not stored.",
            discussion: """
                Examples:
                  dirctl routing publish directory.example.org/campus/tutor
                  dirctl search -o raw | dirctl routing publish --stdin
                  dirctl routing publish --all --yes
                """)

        @OptionGroup var records: RecordArguments
        @Flag(help: "Publish every stored record, after a question.") var all = false
        @Flag(name: .shortAndLong, help: "Ask no question.") var yes = false
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
            let selection: DirectoryClient.Selection
            if all {
                if !yes {
                    let page = try await client.records(limit: 1)
                    let isKnown = page.isTotalExact
                    let count =
                        page.total.map {
                            isKnown ? "\($0) stored records" : "more than \($0) records"
                        }
                        ?? "every stored record"
                    try Question.ask("Publish \(count) of \(client.configuration.server)?")
                }
                selection = .all
            } else if !label.isEmpty {
                selection = .labels(label)
            } else {
                selection = .cids(try await Reference.cids(named, client))
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
                Examples:
                  dirctl routing list --skill natural_language --limit 3
                  dirctl routing list --cid directory.example.org/campus/tutor
                """)

        @Option(
            help: "Only these records, if they are published: cids, or name[:version].",
            completion: .custom { words, _, prefix in await Completion.records(words, prefix) })
        var cid: [String] = []
        @OptionGroup var labels: LabelOptions
        @Option(help: "The most records to show; 0 for all.") var limit = 100
        @Option(help: "The number of records to leave out at the start.") var offset = 0
        @Flag(name: [.long, .customLong("verbose")], help: "Print the state and all labels, too.")
        var wide = false
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let window = try ListWindow(limit: limit, offset: offset)
            try CommaList.refuseEmpty([("--cid", cid)])
            let client = try options.client()
            var finder = RecordFinder(client)
            finder.require(published: true)
            finder.preselect(labels.kinds)
            try finder.require(labels.kinds.map { ($0.flag, Condition($0.items, labels: $0.kind)) })
            if !cid.isEmpty {
                let cids = try await Reference.cids(cid, client)
                finder.require(Condition { cids.contains(bytesOf: $0.summary.cid) })
            }
            try RecordList.show(try await finder.find(window), window, format, isWide: wide)
        }
    }
}
