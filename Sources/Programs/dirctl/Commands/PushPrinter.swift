internal import DirectoryClient
internal import FoundationEssentials

/// Prints the results of pushed records.
final class PushPrinter {
    private struct Row: Encodable {
        let cid: String
        let new: Bool
    }

    private let format: Format
    /// Whether there may be several results.
    var isList: Bool
    /// The number of records to come; 0 when it is not known.
    var total = 0
    private var bar = ProgressBar()
    private var rows: [Row] = []
    private var done = 0
    private var failed = 0

    init(format: Format, isList: Bool) {
        self.format = format
        self.isList = isList
    }

    func show(_ result: PushResult) {
        done += 1
        let row = Row(cid: result.cid, new: result.isNew)
        if format != .json { bar.clear() }
        switch format {
        case .human: Output.line("Pushed record with CID: \(Output.printable(result.cid))")
        case .raw: Output.line(Output.printable(result.cid))
        case .jsonl:
            Output.json(Array(#"{"cid":\#(Output.quoted(row.cid)),"new":\#(row.new)}"#.utf8))
        case .json: rows.append(row)
        }
        count()
    }

    func fail(_ text: String) {
        failed += 1
        bar.clear()
        Output.notice("Error: \(text)")
        count()
    }

    private var summary: String {
        "\(done) record\(done == 1 ? "" : "s") pushed, \(failed) refused"
    }

    private func count() {
        guard isList else { return }
        bar.show(done + failed, of: total, summary)
    }

    func finish() throws {
        bar.clear()
        if format == .json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            Output.json(JSONText.indented(Array(try encoder.encode(rows))))
        }
        if isList { Output.notice(summary) }
        if failed > 0 { throw Exit.Silently(code: .refused) }
    }
}
