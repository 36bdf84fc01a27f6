internal import ArgumentParser
internal import DirectoryClient
internal import Events
internal import Text

/// Finds records.
struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find records, newest first.",
        discussion: """
            A record needs one item of each given kind. Names and versions may have the wildcards * \
            and ?; skills, domains, modules and locators are parts of their names. Commas separate \
            items. A single --name with a comma is searched as one name first.

            Example:
              dirctl search --skill natural_language --name '*tutor*'
            """)

    @Option(help: "A name.") var name: [String] = []
    @Option(help: "A version.") var version: [String] = []
    @Option(help: "A part of a label.") var label: [String] = []
    @OptionGroup var labels: LabelOptions
    @Flag(inversion: .prefixedNo, help: "Only published records, or only others.")
    var published: Bool?
    @Option(help: "The most records to show.") var limit = 100
    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        try CommaList.refuseEmpty([("--name", name), ("--version", version)])
        let client = try options.client()
        var query = RecordQuery()
        (query.names, query.versions, query.isPublished) = (name, version, published)
        var found: [RecordSummary] = []
        if name.count == 1, name[0].utf8.contains(UInt8(ascii: ",")) {
            let whole = NamePattern(name[0])
            var query = query
            query.names = [LiteralPattern.withoutCommas(name[0])]
            found = try await labels.find(query, label, limit: limit, client) {
                whole.matches($0.name)
            }
        }
        if found.isEmpty { found = try await labels.find(query, label, limit: limit, client) }
        try RecordList.show(found, format)
    }
}

/// Prints records, a line each.
enum RecordList {
    static func show(_ records: [RecordSummary], _ format: FormatOptions) throws {
        try format.show(
            records,
            human: {
                "\(Output.printable($0.cid))  \(Output.printable($0.name)) \(Output.printable($0.version))"
            }, raw: \.cid, none: "No records found")
    }
}

/// The flags for labels of a search.
struct LabelOptions: ParsableArguments {
    @Option(help: "A part of a skill's name.") var skill: [String] = []
    @Option(help: "A part of a domain's name.") var domain: [String] = []
    @Option(help: "A part of a module's name.") var module: [String] = []
    @Option(help: "A part of a locator's type.") var locator: [String] = []

    /// Finds records that have a label of each given kind.
    /// - Parameter isMeant: a further condition; nil for none.
    func find(
        _ query: RecordQuery, _ plain: [String] = [], limit: Int, _ client: DirectoryClient,
        where isMeant: ((RecordSummary) -> Bool)? = nil
    ) async throws -> [RecordSummary] {
        guard limit > 0 else { throw ValidationError("--limit must be above 0") }
        try CommaList.refuseEmpty([
            ("--label", plain), ("--skill", skill), ("--domain", domain), ("--module", module),
            ("--locator", locator),
        ])
        // Split here: the gateway would split "/skills/a,b" into "/skills/a" and "b".
        let kinds = [
            ("", plain), ("/skills/", skill), ("/domains/", domain), ("/modules/", module),
            ("/locators/", locator),
        ]
        let wanted = kinds.map { prefix, lists in lists.commaSeparated.map { prefix + $0 } }
            .filter { !$0.isEmpty }
        var query = query
        // The gateway filters by one kind of label; the others are filtered here.
        query.labels = wanted.first ?? []
        let others = wanted.dropFirst().map { $0.map(ByteSearch.init) }
        var found: [RecordSummary] = []
        var cursor: String?
        repeat {
            let isFiltered = !others.isEmpty || isMeant != nil
            let page = try await client.records(
                query, limit: isFiltered ? 1000 : min(limit - found.count, 1000), after: cursor)
            found += page.records.filter { record in
                isMeant?(record) != false
                    && others.allSatisfy { kind in
                        kind.contains { item in record.labels.contains(where: item.occurs) }
                    }
            }
            cursor = page.next
        } while cursor != nil && found.count < limit
        if cursor != nil || found.count > limit {
            Output.notice("There are more records; --limit (now \(limit)) sets how many are shown.")
        }
        return Array(found.prefix(limit))
    }
}
