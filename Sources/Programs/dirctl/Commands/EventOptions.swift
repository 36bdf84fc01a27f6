internal import ArgumentParser
internal import DirectoryClient
internal import Events
internal import FoundationEssentials
internal import Text

/// The flags for the filter of events, and for the place where they begin.
struct EventOptions: ParsableArguments {
    @Option(
        help: "Types, such as RECORD_PUSHED,RECORD_PULLED.",
        completion: .custom { _, _, prefix in Completion.types(prefix) })
    var types: [String] = []

    @Option(help: "Parts of labels, such as /skills/.")
    var labels: [String] = []

    @Option(
        help: "Resource ids: cids of records, ids of syncs.",
        completion: .custom { words, _, prefix in await Completion.resources(words, prefix) })
    var cids: [String] = []

    @Option(help: "Begin with the events since a time (2026-01-31T12:00:00Z), or of the last 10m.")
    var since: String?

    @Option(help: "Begin after the event with this id.")
    var after: String?

    func validate() throws {
        if since != nil, after != nil {
            throw ValidationError("--since and --after cannot be combined")
        }
    }

    /// Returns the filter.
    /// - Throws: `Exit.Failure` when a flag is empty, or a type is not known.
    func filter() throws -> EventFilter {
        try CommaList.refuseEmpty([("--types", types), ("--labels", labels), ("--cids", cids)])
        return EventFilter(
            types: try types.commaSeparated.map(Self.type), labels: labels.commaSeparated,
            cids: cids.commaSeparated)
    }

    /// Returns the place of `--since` or `--after`.
    /// - Throws: `Exit.Failure` when it is not an id or a time.
    func start() throws -> StreamStart {
        if let after {
            guard let id = EventID(after) else {
                throw Exit.Failure(
                    message:
                        "'\(Output.printable(after))' is not the id of an event, such as 0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8a41",
                    code: .usage)
            }
            return .after(id.description)
        }
        guard let since else { return .now }
        if let ago = DurationText.parse(since) { return .ago(ago) }
        if let time = Timestamp.parse(since) {
            guard time <= Int64(Date().timeIntervalSince1970 * 1e6) else {
                throw Exit.Failure(message: "--since is in the future", code: .usage)
            }
            return .since(time)
        }
        throw Exit.Failure(
            message:
                "'\(Output.printable(since))' is not a time: use 10m, 2h, 7d, or 2026-01-31T12:00:00Z",
            code: .usage)
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
