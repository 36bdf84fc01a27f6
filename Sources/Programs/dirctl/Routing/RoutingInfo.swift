internal import ArgumentParser
internal import DirectoryClient
internal import Text

/// Counts the published records and their labels.
struct RoutingInfo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Count the published records and their labels.",
        discussion: """
            Example:
              dirctl routing info
            """)

    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    private struct Count: Encodable {
        let label: String
        let records: Int
    }

    private struct Answer: Encodable {
        let records: Int
        let labels: [Count]
    }

    func run() async throws {
        var finder = RecordFinder(try options.client())
        finder.require(published: true)
        let records = try await finder.find(try ListWindow(limit: 0)).records
        var counts: [ExactString: Int] = [:]
        for record in records {
            // A record may have a label twice.
            for label in Set(record.labels.map(ExactString.init)) { counts[label, default: 0] += 1 }
        }
        let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { Count(label: $0.key.string, records: $0.value) }
        var lines = ["Published records: \(records.count)"]
        for kind in ["/skills/", "/domains/", "/modules/", "/locators/"] {
            let labels = sorted.filter { $0.label.hasBytePrefix(kind) }
            guard !labels.isEmpty else { continue }
            lines.append("\(kind.dropFirst().dropLast()): \(labels.count)")
            lines += labels.map { "  \($0.records)  \(Output.printable($0.label))" }
        }
        try format.show(
            Answer(records: records.count, labels: sorted), human: lines.joined(separator: "\n"),
            raw: String(records.count))
    }
}
