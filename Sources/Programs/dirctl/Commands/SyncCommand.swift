internal import ArgumentParser
internal import DirectoryClient

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
                Example:
                  dirctl sync create https://dir.example.org --watch
                """)

        @Argument(help: "The address of the other gateway.") var url: String
        @Option(help: "Copy only these cids, separated by commas.") var cids: [String] = []
        @Flag(help: "Read more cids from standard input.") var stdin = false
        @Flag(help: "Follow the sync to its end; exit 1 when it fails.") var watch = false
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            let named =
                cids.flatMap { $0.utf8.split { $0 == 0x2C || $0 == 0x20 } }
                .map { String(decoding: $0, as: UTF8.self) }
                + (stdin ? try Input.standard.words() : [])
            let id = try await client.sync(from: url, cids: named)
            if watch {
                Output.notice("Sync created with ID: \(id)")
            } else {
                return try format.show(
                    ["sync_id": id], human: "Sync created with ID: \(id)", raw: id)
            }
            try await SyncWatch(client: client, id: id).show(format)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List syncs, newest first.",
            discussion: """
                Example:
                  dirctl sync list --limit 10
                """)

        @Option(help: "The most syncs to show.") var limit = 100
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            guard limit > 0 else { throw ValidationError("--limit must be above 0") }
            let client = try options.client()
            var syncs: [SyncInfo] = []
            var cursor: String?
            repeat {
                let page = try await client.syncs(
                    limit: min(limit - syncs.count, 1000), after: cursor)
                syncs += page.syncs
                cursor = page.next
            } while cursor != nil && syncs.count < limit
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

        @Argument(help: "The id of the sync.") var id: String
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

        @Argument(help: "The id of the sync.") var id: String
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            try await options.client().cancelSync(id)
            try format.show(["sync_id": id], human: "Sync deleted with ID: \(id)", raw: id)
        }
    }
}
