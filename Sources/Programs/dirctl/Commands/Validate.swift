internal import ArgumentParser
internal import Records

/// Validates records without a gateway.
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Validate records by the rules of the gateway, without a gateway.",
        discussion: """
            Example:
              dirctl validate examples/records/*.json
            """)

    @Argument(help: "Files with one record each.", completion: .file())
    var files: [String] = []
    @Flag(help: "Read a record from standard input.") var stdin = false
    @OptionGroup var format: FormatOptions

    func validate() throws {
        if files.isEmpty, !stdin { throw ValidationError("name files, or use --stdin") }
    }

    func run() throws {
        var failed = false
        var inputs = try files.map { ($0, Array(try Input.file($0))) }
        if stdin { inputs.append(("standard input", Array(try Input.standard.all()))) }
        var rows: [Row] = []
        for (name, json) in inputs {
            do throws(RecordError) {
                rows.append(Row(file: name, cid: try Record(json: json).cid))
            } catch {
                failed = true
                switch error {
                case .malformed(let reason, _):
                    Output.notice("Error: \(name): not a record: \(Output.printable(reason))")
                case .invalid(let faults):
                    let count = "\(faults.count) error\(faults.count == 1 ? "" : "s")"
                    Output.notice("Error: \(name): the record has \(count):")
                    for fault in faults {
                        let place = Output.printable(fault.pointer)
                        Output.notice("  \(place) \(Output.printable(fault.detail))")
                    }
                }
            }
        }
        if !rows.isEmpty || format.format() == .json {
            try format.show(
                rows, human: { "\($0.file): valid, CID: \($0.cid)" }, raw: \.cid, none: "")
        }
        if failed { throw Exit.Silently(code: .failed) }
    }

    private struct Row: Encodable {
        let file: String
        let cid: String
    }
}
