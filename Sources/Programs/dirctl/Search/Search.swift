internal import ArgumentParser
internal import DirectoryClient
internal import Records
internal import Text

/// Finds records.
struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find records, newest first.",
        discussion: """
            Each word must occur in the name, the description, an author or a skill. A record needs one \
            item of each given flag; commas separate items. A single --name with a comma is searched as \
            one name first. --author, the flags with -id and --annotation read the content of the \
            records that the other flags leave, so they are slower.

            Examples:
              dirctl search campus tutor
              dirctl search --skill natural_language --name '*tutor*' --limit 0
              dirctl search --version '>=1.0.0' --exclude-author Acme --format record
            """)

    /// What is printed of a record.
    enum Content: String, ExpressibleByArgument, CaseIterable { case cid, record }

    /// The orders of a list.
    enum Order: String, CaseIterable {
        case recency, name, version
        case createdAt = "created-at"

        /// Orders of upstream's search, for which nothing is counted here.
        static let unsupported = ["popularity", "provider-count", "relevance", "default"]
    }

    @Argument(help: "Words.") var words: [String] = []
    @OptionGroup var filter: FilterOptions
    @OptionGroup var labels: LabelOptions
    @OptionGroup var exclusions: ExclusionOptions
    @Flag(inversion: .prefixedNo, help: "Only published records, or only others.")
    var published: Bool?
    @Option(name: .customLong("format"), help: "Print only the cid, or the whole record.")
    var content: Content?
    @Option(
        help: "recency (newest first), name, version or created-at.",
        completion: .list(Order.allCases.map(\.rawValue)))
    var sort = Order.recency.rawValue
    @Option(help: "The most records to show; 0 for all.") var limit = 100
    @Option(help: "The number of records to leave out at the start.") var offset = 0
    @Flag(name: [.long, .customLong("verbose")], help: "Print the state and all labels, too.")
    var wide = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let window = try ListWindow(limit: limit, offset: offset)
        let order = try order()
        let words = words.flatMap { $0.utf8.split(separator: 0x20).map { String(Substring($0)) } }
        let client = try options.client()
        let everything = try ListWindow(limit: 0)
        let scope = order == .recency ? window : everything
        var found = RecordFinder.Found(records: [], hasMore: false)
        let names = filter.name
        if names.count == 1, names[0].utf8.contains(UInt8(ascii: ",")) {
            let whole = Wildcard(names[0])
            var finder = try finder(client, words, [LiteralPattern.withoutCommas(names[0])])
            finder.require(Condition { whole.matches($0.summary.name) })
            found = try await finder.find(scope)
        }
        if found.records.isEmpty {
            found = try await finder(client, words, names).find(scope)
        }
        if order != .recency {
            let sorted = found.records.sorted { Self.key($0, order) < Self.key($1, order) }
            found.hasMore = sorted.count > window.end
            found.records = window.part(of: sorted)
        }
        switch content {
        case nil: try RecordList.show(found, window, format, isWide: wide)
        case .cid:
            try format.show(
                found.records.map(\.cid), human: { $0 }, raw: { $0 }, none: "No records found")
            RecordList.notice(found, window)
        case .record:
            try await showContent(found.records, client)
            RecordList.notice(found, window)
        }
    }

    private func finder(_ client: DirectoryClient, _ words: [String], _ names: [String]) throws
        -> RecordFinder
    {
        var filter = filter
        filter.name = names
        var finder = RecordFinder(client)
        finder.require(published: published)
        finder.require(words: words)
        finder.preselect([("label", "", filter.label)] + labels.kinds)
        try finder.require(filter.conditions(labels))
        try finder.exclude(exclusions.conditions())
        return finder
    }

    private func order() throws -> Order {
        if let order = Order(rawValue: sort) { return order }
        if Order.unsupported.contains(sort) {
            Output.notice("Warning: --sort \(sort) is not supported: the newest come first")
            return .recency
        }
        let known = Order.allCases.map(\.rawValue)
        let hint = suggestion(for: sort, in: known) ?? ""
        throw ValidationError(
            "there is no order '\(sort)'\(hint): use \(known.joined(separator: ", "))")
    }

    private static func key(_ record: RecordSummary, _ order: Order) -> ExactString {
        switch order {
        case .recency: ExactString(record.pushedAt)
        case .name: ExactString(record.name.lowercasedASCII)
        case .version: ExactString(record.version)
        case .createdAt: ExactString(record.createdAt)
        }
    }

    private func showContent(_ records: [RecordSummary], _ client: DirectoryClient) async throws {
        let format = format.format()
        var isFirst = true
        for record in records {
            let content = Array(try await client.pull(record.cid))
            guard CID.of(content).hasBytes(of: record.cid) else {
                throw Exit.Failure(
                    message: "the content does not match the cid \(record.cid), and is not printed")
            }
            switch format {
            case .jsonl, .raw: Output.json(content)
            case .human: Output.json(JSONText.indented(content))
            case .json:
                Output.bytes(Array((isFirst ? "[\n" : ",\n").utf8) + JSONText.indented(content))
            }
            isFirst = false
        }
        if format == .json { Output.line(isFirst ? "[]" : "\n]") }
        if records.isEmpty { Output.notice("No records found") }
    }
}
