internal import DirectoryClient
internal import FoundationEssentials
internal import Glibc

/// Prints the results of pushed records.
final class PushPrinter {
    private struct Row: Encodable {
        let cid: String
        let new: Bool
    }

    private let format: Format
    private let isList: Bool
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
        Output.progress("")
        Output.notice("Error: \(text)")
    }

    /// Prints the progress on a terminal, unless the data is printed there.
    private func count() {
        guard isList, !Output.isTerminal(STDOUT_FILENO), done.isMultiple(of: 100) else { return }
        Output.progress("\(done) records pushed, \(failed) refused")
    }

    func finish() throws {
        if format == .json {
            let encoder = JSONEncoder()
            let data =
                isList ? try encoder.encode(rows) : try rows.first.map { try encoder.encode($0) }
            if let data { Output.json(JSONText.indented(Array(data))) }
        }
        Output.progress("")
        if isList { Output.notice("\(done) records pushed, \(failed) refused") }
        if failed > 0 { throw Exit.Silently(code: .refused) }
    }
}
