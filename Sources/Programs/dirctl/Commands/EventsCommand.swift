internal import ArgumentParser
internal import DirectoryClient
internal import Events
internal import FoundationEssentials
internal import Text

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Receive the events of the gateway.",
        discussion: """
            Example:
              dirctl events listen --types RECORD_PUSHED --labels /skills/
            """, subcommands: [Listen.self, History.self])

    @OptionGroup var options: ClientOptions
    @OptionGroup var format: FormatOptions
}

/// Prints events until it is interrupted.
struct Listen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print events as they happen, until Ctrl+C.",
        discussion: """
            An event needs one item of each given kind. Separate items with commas, or repeat the \
            flag. The stream reconnects by itself, and goes on after its last event if the gateway \
            keeps an event log. If it does not, standard error says that events may be missing.

            --state keeps the place in a file, so that the next run goes on where this one ended. An \
            event may be printed twice when the program is killed, but none is left out.

            json and jsonl also print a line {"dropped":17,"at":"…"} where events were dropped because \
            the reader was too slow, {"disconnected":{"from":"…","to":"…"}} where nothing could be \
            received, and {"reset":{"cause":"…"},"at":"…"} where what was missed is not known.

            Examples:
              dirctl events listen --types RECORD_PUSHED,RECORD_PUBLISHED --labels /skills/
              dirctl events listen --since 10m
              dirctl events listen -o jsonl --state audit.state >> audit.jsonl
            """)

    @OptionGroup var events: EventOptions
    @Option(
        help:
            "Keep the place in this file, and begin there. --since and --after are for a new file.",
        completion: .file())
    var state: String?
    @Flag(help: "Print all labels in full.") var wide = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let filter = try events.filter()
        let state = try state.map(StateFile.init)
        let start = try events.start()
        let client = try options.client { $0.reconnect.retriesFirstConnection = false }
        let printer = EventPrinter(format: format.format(), isWide: wide)
        var isBack = false
        for try await item in client.stream(filter, from: state?.start ?? start) {
            switch item {
            case .connected where isBack: Output.notice("Connected again.")
            case .connected:
                announce(filter)
                try state?.opened(at: EventPrinter.now())
                isBack = true
            case .event(let event):
                printer.show(event)
                try state?.printed(event.id)
            case .gap(let from, let to): printer.showGap(from: from, to: to)
            case .reset(let reset):
                printer.show(reset)
                Output.notice(EventPrinter.sentence(reset))
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
}

/// Prints the event log.
struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the events that the gateway has kept, oldest first.",
        discussion: """
            The gateway keeps events when events.history.max_events is set there.

            Examples:
              dirctl events history --since 24h --types RECORD_PUBLISHED
              dirctl events history --limit 0 -o jsonl
            """)

    @OptionGroup var events: EventOptions
    @Option(help: "The most events to print; 0 for all.") var limit = 100
    @Flag(help: "Print all labels in full.") var wide = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        guard limit >= 0 else { throw ValidationError("--limit must not be negative") }
        let (filter, start) = (try events.filter(), try events.start())
        let client = try options.client()
        let printer = EventPrinter(format: format.format(), isWide: wide, isArray: true)
        var (left, cursor, isEmpty) = (limit == 0 ? Int.max : limit, String?.none, true)
        repeat {
            let page = try await client.history(
                filter, from: start, limit: min(left, 1000), after: cursor)
            if let reset = page.reset {
                printer.show(reset)
                Output.notice(EventPrinter.sentence(reset))
            }
            for event in page.events.prefix(left) { printer.show(event) }
            isEmpty = isEmpty && page.events.isEmpty
            left -= page.events.count
            cursor = page.next
        } while cursor != nil && left > 0
        printer.finish()
        if cursor != nil {
            Output.notice("There are more events; --limit (now \(limit)) sets how many are shown.")
        } else if isEmpty {
            Output.notice("No events found")
        }
    }
}
