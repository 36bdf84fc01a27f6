internal import ArgumentParser
internal import DirectoryClient
internal import Events

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Listen to what happens.", subcommands: [Listen.self])

    @OptionGroup var options: ClientOptions
    @OptionGroup var format: FormatOptions
}

/// Prints events until somebody ends it.
struct Listen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print events as they happen, until Ctrl+C.",
        discussion: """
            An event needs one item of each kind that is given. Items are separated by commas, or \
            the flag is repeated. The stream comes back by itself when the gateway was away: what \
            happened meanwhile is not heard, and standard error says so.
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
        for (flag, lists) in [("--types", types), ("--labels", labels), ("--cids", cids)]
        where !lists.isEmpty && Self.items(lists).isEmpty {
            // An empty variable of a script must not mean everything.
            throw Exit.Failure(
                message: "\(flag) is empty: leave it out to hear everything", code: .usage)
        }
        let filter = EventFilter(
            types: try Self.items(types).map(Self.type), labels: Self.items(labels),
            cids: Self.items(cids))
        let client = try options.client { $0.reconnect.retriesFirstConnection = false }
        let printer = EventPrinter(format: format.format())
        var isBack = false
        for try await item in client.stream(filter) {
            switch item {
            case .connected where isBack:
                Output.notice("Connected again; what happened meanwhile was not heard.")
            case .connected:
                announce(filter)
                isBack = true
            case .event(let event): printer.show(event)
            case .gap: break
            case .dropped(let count):
                Output.notice(
                    "\(count) event\(count == 1 ? " was" : "s were") lost: this reader is too slow")
            case .reconnecting(let delay, let reason):
                let seconds = max(1, Int((delay / .seconds(1)).rounded()))
                Output.notice("Connection lost (\(reason)); trying again in \(seconds) s...")
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

    private static func items(_ lists: [String]) -> [String] {
        lists.flatMap { $0.split(separator: ",") }
            .map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
            .filter { !$0.isEmpty }
    }

    private static func type(_ name: String) throws -> EventType {
        if let type = EventType(name: name) { return type }
        let known = EventType.allCases.map(\.shortName)
        let hint = nearest(to: name.uppercased(), in: known).map { ", did you mean \($0)?" } ?? "."
        throw Exit.Failure(
            message:
                "there is no event type '\(name)'\(hint) There are \(known.joined(separator: ", ")).",
            code: .usage)
    }
}

/// Prints one event.
struct EventPrinter {
    let format: Format

    func show(_ received: ReceivedEvent) {
        switch format {
        case .jsonl: Output.bytes(received.json + [0x0A])
        case .json: Output.line(JSONText.indented(received.json))
        case .raw:
            if let event = received.decoded() { Output.line(Output.printable(event.resourceID)) }
        case .human:
            if let event = received.decoded() {
                Output.line(Self.human(event))
            } else {
                // A newer gateway's type: better seen than hidden.
                Output.line(
                    Output.printable(
                        "\(received.type): \(String(decoding: received.json, as: UTF8.self))"))
            }
        }
    }

    private static func human(_ event: Event) -> String {
        let time = Timestamp.format(event.timestamp).dropFirst(11).prefix(8)
        let (type, number) = (event.type.shortName, event.type == .syncFailed ? 31 : 36)
        var line = "[\(time)] \(Output.colour(type, number)): \(Output.printable(event.resourceID))"
        if !event.labels.isEmpty {
            line += " (labels: \(event.labels.map(Output.printable).joined(separator: ", ")))"
        }
        if !event.metadata.isEmpty {
            let members = event.metadata.map {
                "\(Output.quoted($0.key)):\(Output.quoted($0.value))"
            }
            line += " {\(members.joined(separator: ","))}"
        }
        return line
    }
}
