internal import ArgumentParser
internal import DirectoryClient
internal import Records
internal import Text

struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Copy records from another gateway.",
        discussion: """
            Example:
              dirctl sync create https://dir.example.org --watch
            """,
        subcommands: [Create.self, List.self, Status.self, Delete.self])

    @OptionGroup var options: ClientOptions
    @OptionGroup var format: FormatOptions

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start a sync: copy the published records of another gateway.",
            discussion: """
                Names in --cids are looked up at the other gateway, without your token.

                Examples:
                  dirctl sync create https://dir.example.org --watch
                  dirctl sync create https://dir.example.org --cids example.org/tutor:v1
                """)

        @Argument(help: "The address of the other gateway.") var url: String
        @Option(help: "Copy only these records: cids or name[:version], separated by commas.")
        var cids: [String] = []
        @Flag(help: "Read more cids or names from standard input.") var stdin = false
        @Flag(help: "Follow the sync to its end; exit 1 when it fails.") var watch = false
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            try CommaList.refuseEmpty([("--cids", cids)])
            let named = cids.commaSeparated + (stdin ? try Input.standard.words() : [])
            // Everything, when a list in a variable of a script is empty, would be a surprise.
            guard !named.isEmpty || !stdin else {
                throw Exit.Failure(
                    message: "standard input is empty: leave --stdin out to copy everything",
                    code: .usage)
            }
            let id = try await client.sync(from: url, cids: try await find(named, client))
            if watch {
                Output.notice("Sync created with ID: \(id)")
            } else {
                return try format.show(
                    ["sync_id": id], human: "Sync created with ID: \(id)", raw: id)
            }
            try await SyncWatch(client: client, id: id).show(format)
        }

        /// Finds the cids of records of the other gateway.
        private func find(_ named: [String], _ client: DirectoryClient) async throws -> [String] {
            guard !named.allSatisfy(CID.isValid) else { return named }
            var configuration = client.configuration
            configuration.server = try ServerAddress(url)
            (configuration.token, configuration.identity) = (nil, nil)
            return try await Reference.cids(
                named, elsewhere: DirectoryClient(configuration))
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List syncs, newest first.",
            discussion: """
                Example:
                  dirctl sync list --limit 10
                """)

        @Option(help: "The most syncs to show; 0 for all.") var limit = 100
        @Option(help: "The number of syncs to leave out at the start.") var offset = 0
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let window = try ListWindow(limit: limit, offset: offset)
            let client = try options.client()
            var syncs: [SyncInfo] = []
            var cursor: String?
            repeat {
                let page = try await client.syncs(
                    limit: min(window.end - syncs.count, 1000), after: cursor)
                syncs += page.syncs
                cursor = page.next
            } while cursor != nil && syncs.count < window.end
            syncs = window.part(of: syncs)
            try format.show(
                syncs, human: SyncWatch.line, raw: \.id, none: "No syncs found")
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the progress of a sync.",
            discussion: """
                Example:
                  dirctl sync status e31e2c4c-6e5b-4f4c-8b0a-3d8cc1f0b5a7 --watch
                """)

        @Argument(
            help: "The id of the sync.",
            completion: .custom { words, _, _ in await Completion.syncs(words) })
        var id: String
        @Flag(help: "Follow the sync to its end; exit 1 when it fails.") var watch = false
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            if watch { return try await SyncWatch(client: client, id: id).show(format) }
            let sync = try await client.sync(id)
            try format.show(sync, human: SyncWatch.text(sync), raw: sync.status)
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancel a sync; the copied records are kept.",
            discussion: """
                Example:
                  dirctl sync delete e31e2c4c-6e5b-4f4c-8b0a-3d8cc1f0b5a7
                """)

        @Argument(
            help: "The id of the sync.",
            completion: .custom { words, _, _ in await Completion.syncs(words) })
        var id: String
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            try await options.client().cancelSync(id)
            try format.show(["sync_id": id], human: "Sync deleted with ID: \(id)", raw: id)
        }
    }
}
