internal import DirectoryClient
internal import Text

/// Prints records, a line each.
enum RecordList {
    /// Prints the records that were found.
    /// - Parameter isWide: the state and all labels in full.
    static func show(
        _ found: RecordFinder.Found, _ window: ListWindow, _ format: FormatOptions, isWide: Bool
    ) throws {
        try format.show(
            found.records, human: { line($0, isWide: isWide) }, raw: \.cid,
            none: "No records found")
        notice(found, window)
    }

    /// Says that there are more records than those of the window.
    static func notice(_ found: RecordFinder.Found, _ window: ListWindow) {
        guard found.hasMore else { return }
        guard let total = found.total else {
            return Output.notice(
                "There are more records; --limit (now \(window.limit)) sets how many are shown.")
        }
        let all = found.isTotalExact ? "\(total)" : "more than \(total)"
        Output.notice(
            "\(found.records.count) of \(all) records are shown; --limit (now \(window.limit)) sets how many, 0 all."
        )
    }

    private static func line(_ record: RecordSummary, isWide: Bool) -> String {
        let words = [record.cid, "", record.name, record.version].map { Output.printable($0) }
        var line = words.joined(separator: " ")
        if isWide {
            line += record.isPublished ? "  published" : "  not published"
            line += "  pushed \(Output.printable(record.pushedAt))"
        }
        guard !record.labels.isEmpty else { return line }
        return "\(line)  (labels: \(LabelText.line(record.labels, isWide: isWide)))"
    }
}
