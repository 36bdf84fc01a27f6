internal import ArgumentParser
internal import DirectoryClient
internal import Events

struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Copy records from another gateway.",
        subcommands: [Create.self, List.self, Status.self, Delete.self])

    @OptionGroup var options: ClientOptions
    @OptionGroup var format: FormatOptions

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start to copy the published records of another gateway.")

        @Argument(help: "The address of the other gateway.") var url: String
        @Option(help: "Copy only these cids, separated by commas.") var cids: [String] = []
        @Flag(help: "Read more cids from standard input.") var stdin = false
        @Flag(help: "Follow the sync to its end; exit 1 when it fails.") var watch = false
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            let named =
                cids.flatMap { $0.split { $0 == "," || $0 == " " } }.map(String.init)
                + (stdin ? Input.words() : [])
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
        static let configuration = CommandConfiguration(abstract: "List syncs, newest first.")

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
        static let configuration = CommandConfiguration(abstract: "Show how far a sync is.")

        @Argument(help: "The id of the sync.") var id: String
        @Flag(help: "Follow the sync to its end; exit 1 when it fails.") var watch = false
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            if watch { return try await SyncWatch(client: client, id: id).show(format) }
            let sync = try await client.sync(id)
            try format.show(sync, human: SyncWatch.words(sync), raw: sync.status)
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancel a sync; what it has copied stays.")

        @Argument(help: "The id of the sync.") var id: String
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        func run() async throws {
            try await options.client().cancelSync(id)
            try format.show(["sync_id": id], human: "Sync deleted with ID: \(id)", raw: id)
        }
    }
}

/// Follows a sync by its events.
struct SyncWatch {
    let client: DirectoryClient
    let id: String

    func show(_ format: FormatOptions) async throws {
        let sync = try await end()
        Output.progress("")
        try format.show(sync, human: Self.words(sync), raw: sync.status)
        if sync.status != "COMPLETED" { throw Exit.Silently(code: .failed) }
    }

    private func end() async throws -> SyncInfo {
        try await withThrowingTaskGroup(of: SyncInfo.self) { group in
            group.addTask { try await listen() }
            group.addTask { try await look() }
            defer { group.cancelAll() }
            guard let sync = try await group.next() else { throw CancellationError() }
            return sync
        }
    }

    /// Waits for the event of its end.
    private func listen() async throws -> SyncInfo {
        for try await item in client.stream(EventFilter(cids: [id])) {
            switch item {
            // It may have ended before anybody listened, or while nobody could.
            case .connected, .event:
                if let sync = try? await client.sync(id), sync.hasEnded { return sync }
            case .reconnecting(_, let reason):
                Output.progress("")
                Output.notice("Connection lost (\(reason)); trying again...")
            case .dropped, .gap: break
            }
        }
        return try await client.sync(id)
    }

    /// Looks how far it is: between its beginning and its end a sync has no events of its own, and
    /// none when it is cancelled.
    private func look() async throws -> SyncInfo {
        while true {
            do throws(DirectoryClientError) {
                let sync = try await client.sync(id)
                if sync.hasEnded { return sync }
                Output.progress(
                    "\(sync.status): \(sync.copied + sync.present) of \(sync.found) records")
            } catch {
                guard error.isTransient else { throw error }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    static func words(_ sync: SyncInfo) -> String {
        var words = """
            Sync status: \(sync.status)
              Remote:  \(sync.remoteURL)
              Records: \(sync.found) found, \(sync.copied) copied, \(sync.present) present, \(sync.failed) failed
            """
        if let error = sync.error { words += "\n  Error:   \(error)" }
        return words
    }

    static func line(_ sync: SyncInfo) -> String {
        "\(sync.id)  \(sync.status)  \(sync.remoteURL)  \(sync.copied) copied"
    }
}
