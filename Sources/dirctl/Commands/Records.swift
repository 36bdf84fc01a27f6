internal import ArgumentParser
internal import DirectoryClient
internal import FoundationEssentials

/// Prints a record.
struct Pull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a record.",
        discussion: "raw is exactly the canonical JSON that hashes to the cid; json is indented.")

    @Argument(help: "A cid, or name[:version]: the newest record of that name.")
    var record: String

    @Option(help: "Write to this file instead.", completion: .file())
    var outputFile: String?

    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
        let content = Array(try await client.pull(try await Reference.cid(record, client)))
        let bytes: [UInt8] =
            switch format.format(or: .json) {
            case .raw: content
            case .jsonl: content + [0x0A]
            case .json, .human: Array(JSONText.indented(content).utf8) + [0x0A]
            }
        guard let outputFile else { return Output.bytes(bytes) }
        do { try Data(bytes).write(to: URL(filePath: outputFile)) } catch {
            throw Exit.Failure(message: "\(outputFile) cannot be written")
        }
    }
}

/// Deletes records.
struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Delete records; one that is not stored is deleted already.")

    @OptionGroup var cids: CIDArguments
    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
        let all = try cids.all()
        for cid in all { try await client.delete(cid) }
        try format.show(
            all, human: { "Deleted record with CID: \($0)" }, raw: { $0 }, none: "")
    }
}

/// Tells what is known of a record.
struct Info: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show size and labels of a record, without reading it.")

    @Argument(help: "A cid, or name[:version].")
    var record: String

    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
        let info = try await client.info(try await Reference.cid(record, client))
        let human = """
            Record information:
              CID:    \(info.cid)
              Size:   \(info.size) bytes
              Labels: \(info.labels.isEmpty ? "none" : info.labels.map(Output.printable).joined(separator: ", "))
            """
        try format.show(info, human: human, raw: info.cid)
    }
}

/// Finds records.
struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find records, newest first.",
        discussion: """
            A record needs one item of each kind that is given. Names and versions may hold * and \
            ?; skills, domains, modules and locators are parts of those names.
            """)

    @Option(help: "A name.") var name: [String] = []
    @Option(help: "A version.") var version: [String] = []
    @Option(help: "A part of a label.") var label: [String] = []
    @OptionGroup var labels: LabelOptions
    @Flag(inversion: .prefixedNo, help: "Only what is published, or only what is not.")
    var published: Bool?
    @Option(help: "The most records to show.") var limit = 100
    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        var query = RecordQuery()
        (query.names, query.versions, query.isPublished) = (name, version, published)
        let found = try await labels.find(
            query, label, limit: limit, try options.client())
        try format.show(
            found,
            human: { "\($0.cid)  \(Output.printable($0.name)) \(Output.printable($0.version))" },
            raw: \.cid,
            none: "No records found")
    }
}

/// The kinds of label that a search can ask for.
struct LabelOptions: ParsableArguments {
    @Option(help: "A part of a skill's name.") var skill: [String] = []
    @Option(help: "A part of a domain's name.") var domain: [String] = []
    @Option(help: "A part of a module's name.") var module: [String] = []
    @Option(help: "A part of a locator's type.") var locator: [String] = []

    /// Records that have a label of each kind that is asked for.
    func find(
        _ query: RecordQuery, _ plain: [String] = [], limit: Int, _ client: DirectoryClient
    ) async throws -> [RecordSummary] {
        guard limit > 0 else { throw ValidationError("--limit must be above 0") }
        let kinds = [
            plain, skill.map { "/skills/\($0)" }, domain.map { "/domains/\($0)" },
            module.map { "/modules/\($0)" }, locator.map { "/locators/\($0)" },
        ].filter { !$0.isEmpty }
        var query = query
        // The gateway takes one kind; the others are looked at here.
        query.labels = kinds.first ?? []
        var found: [RecordSummary] = []
        var cursor: String?
        repeat {
            let page = try await client.records(
                query, limit: kinds.count > 1 ? 1000 : min(limit - found.count, 1000),
                after: cursor)
            found += page.records.filter { record in
                kinds.dropFirst().allSatisfy { kind in
                    kind.contains { item in record.labels.contains { $0.contains(item) } }
                }
            }
            cursor = page.next
        } while cursor != nil && found.count < limit
        if cursor != nil || found.count > limit {
            Output.notice("There are more than these \(limit); --limit sets how many are shown.")
        }
        return Array(found.prefix(limit))
    }
}

/// A record as people name it.
enum Reference {
    /// The cid of a cid, or of the newest record with a name and perhaps a version.
    static func cid(_ text: String, _ client: DirectoryClient) async throws -> String {
        let isCID =
            text.utf8.count == 59 && text.hasPrefix("b") && !text.contains { "/:.".contains($0) }
        if isCID { return text }
        guard !text.isEmpty else {
            throw Exit.Failure(message: "no record is named: give a cid or a name", code: .usage)
        }
        let halves = text.split(separator: ":", maxSplits: 1)
        var query = RecordQuery()
        query.names = halves.first.map { [String($0)] } ?? []
        query.versions = halves.count > 1 ? [String(halves[1])] : []
        guard let record = try await client.records(query, limit: 1).records.first else {
            throw Exit.Failure(
                message: "no record is stored under '\(text)': try 'dirctl search'", code: .notFound
            )
        }
        return record.cid
    }
}
