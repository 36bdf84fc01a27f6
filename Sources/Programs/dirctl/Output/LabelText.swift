internal import Text

/// Labels on a line for people.
enum LabelText {
    /// The most labels of a short line.
    private static let most = 3

    /// Returns labels with commas between them.
    /// - Parameter isWide: all labels in full; otherwise the first ones, each without the middle of its
    ///   path, and the number of the others.
    static func line(_ labels: [String], isWide: Bool) -> String {
        let shown = isWide ? labels : labels.prefix(most).map(short)
        var words = shown.map { Output.printable($0) }
        if labels.count > shown.count { words.append("+\(labels.count - shown.count)") }
        return words.joined(separator: ", ")
    }

    /// Returns the kind and the last part of a label: `/skills/…/text_completion`.
    static func short(_ label: String) -> String {
        let parts = label.fields(on: UInt8(ascii: "/"))
        guard parts.count > 3, parts[0].utf8.isEmpty else { return label }
        return "/\(parts[1])/…/\(parts[parts.count - 1])"
    }
}
