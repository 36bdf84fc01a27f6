internal import ArgumentParser
internal import DirectoryClient
internal import Text

/// Finds published records by their labels, best match first.
struct RoutingSearch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find published records by their labels, best match first.",
        discussion: """
            The score of a record is the number of flags' items and words that match it. A gateway has \
            no peers: its own published records are searched, not those of other Directories; 'dirctl \
            sync create' copies these.

            Example:
              dirctl routing search --skill natural_language --domain education
            """)

    @Argument(help: "Words: parts of a label or a name.") var words: [String] = []
    @OptionGroup var labels: LabelOptions
    @Option(help: "Only records of this version of the schema.") var schemaVersion: [String] = []
    @Option(help: "The lowest score to show.") var minScore = 1
    @Option(help: "The most records to show; 0 for all.") var limit = 10
    @Flag(name: [.long, .customLong("verbose")], help: "Print the matches, too.")
    var wide = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    private struct Match: Encodable {
        let cid: String
        let name: String
        let version: String
        let score: Int
        let matches: [String]
    }

    func run() async throws {
        let window = try ListWindow(limit: limit)
        guard minScore > 0 else { throw ValidationError("--min-score must be above 0") }
        try CommaList.refuseEmpty(labels.kinds.map { ("--\($0.flag)", $0.items) })
        let queries =
            labels.kinds.flatMap { kind in
                kind.items.commaSeparated.map {
                    ("--\(kind.flag) \($0)", Condition([$0], labels: kind.kind))
                }
            } + words.map { ($0, Self.condition($0)) }
        guard !queries.isEmpty else {
            throw ValidationError("name a skill, domain, module, locator, or a word")
        }
        let client = try options.client()
        var finder = RecordFinder(client)
        finder.require(published: true)
        if !schemaVersion.isEmpty {
            finder.require(Condition(schemaVersion, .ordered) { [$0.summary.schemaVersion] })
        }
        finder.require(Condition { record in queries.contains { $0.1.matches(record) } })
        let found = try await finder.find(try ListWindow(limit: 0)).records.map { record in
            let candidate = Candidate(summary: record, content: nil)
            let matches = queries.filter { $0.1.matches(candidate) }.map(\.0)
            return Match(
                cid: record.cid, name: record.name, version: record.version, score: matches.count,
                matches: matches)
        }
        // Of equal scores, the newest record stays first.
        let sorted = found.enumerated().filter { $0.element.score >= minScore }
            .sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }
            .map(\.element)
        try format.show(window.part(of: sorted), human: line, raw: \.cid, none: "No records found")
        if sorted.count > window.end {
            Output.notice(
                "\(window.end) of \(sorted.count) records are shown; --limit sets how many, 0 all.")
        }
    }

    private func line(_ match: Match) -> String {
        let words = [match.cid, match.name, match.version].map { Output.printable($0) }
        let line = "\(match.score)  \(words[0])  \(words[1]) \(words[2])"
        let matches = match.matches.map { Output.printable($0) }.joined(separator: ", ")
        return wide ? "\(line)  (\(matches))" : line
    }

    private static func condition(_ word: String) -> Condition {
        let pattern = TextPattern(words: [word])
        return Condition { record in
            pattern.matches(record.summary.name) || pattern.matches(oneOf: record.summary.labels)
        }
    }
}
