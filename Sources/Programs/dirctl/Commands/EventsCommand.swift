internal import ArgumentParser
internal import DirectoryClient
internal import Events
internal import Text

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Receive the events of the gateway.",
        discussion: """
            Example:
              dirctl events listen --types RECORD_PUSHED --labels /skills/
            """, subcommands: [Listen.self])

    @OptionGroup var options: ClientOptions
    @OptionGroup var format: FormatOptions
}

/// Prints events until it is interrupted.
struct Listen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print events as they happen, until Ctrl+C.",
        discussion: """
            An event needs one item of each given kind. Separate items with commas, or repeat the \
            flag. The stream reconnects by itself. Events in between are not received, and standard \
            error says so.

            json and jsonl also print a line {"dropped":17} where events were dropped because the \
            reader was too slow, and {"disconnected":{"from":"…","to":"…"}} where the connection \
            was lost.

            Examples:
              dirctl events listen --types RECORD_PUSHED,RECORD_PUBLISHED --labels /skills/
              dirctl events listen -o jsonl >> audit.jsonl
            """)

    @Option(help: "Types, such as RECORD_PUSHED,RECORD_PULLED.")
    var types: [String] = []

    @Option(help: "Parts of labels, such as /skills/.")
    var labels: [String] = []

    @Option(help: "Resource ids: cids of records, ids of syncs.")
    var cids: [String] = []

    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        try CommaList.refuseEmpty([("--types", types), ("--labels", labels), ("--cids", cids)])
        let filter = EventFilter(
            types: try types.commaSeparated.map(Self.type), labels: labels.commaSeparated,
            cids: cids.commaSeparated)
        let client = try options.client { $0.reconnect.retriesFirstConnection = false }
        let printer = EventPrinter(format: format.format())
        var isBack = false
        for try await item in client.stream(filter) {
            switch item {
            case .connected where isBack:
                Output.notice("Connected again; events in between were not received.")
            case .connected:
                announce(filter)
                isBack = true
            case .event(let event): printer.show(event)
            case .gap(let from, let to): printer.showGap(from: from, to: to)
            case .dropped(let count):
                printer.showLoss(of: count)
                Output.notice(
                    "\(count) event\(count == 1 ? " was" : "s were") dropped: this reader is too slow"
                )
            case .reconnecting(let delay, let reason):
                let seconds = max(1, Int((delay / .seconds(1)).rounded()))
                Output.notice(
                    "Connection lost (\(Output.printable(reason))); reconnecting in \(seconds) s..."
                )
            }
        }
        Output.notice("The gateway has ended the stream.")
    }

    private func announce(_ filter: EventFilter) {
        Output.notice("Listening to events (press Ctrl+C to stop)...")
        if let types = filter.types {
            Output.notice("Types: \(types.types.map(\.shortName).joined(separator: ", "))")
        }
        if !filter.labels.isEmpty {
            Output.notice("Labels: \(filter.labels.joined(separator: ", "))")
        }
        if !filter.cids.isEmpty { Output.notice("CIDs: \(filter.cids.joined(separator: ", "))") }
        Output.notice("")
    }

    private static func type(_ name: String) throws -> EventType {
        if let type = EventType(name: name) { return type }
        let known = EventType.allCases.map(\.shortName)
        let hint = suggestion(for: name, in: known) ?? "."
        throw Exit.Failure(
            message:
                "there is no event type '\(name)'\(hint) The types are \(known.joined(separator: ", ")).",
            code: .usage)
    }
}
