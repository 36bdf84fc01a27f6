/// Progress on a terminal, beside data: a bar when the total is known, else the number.
struct ProgressBar {
    private static let width = 24
    private static let interval = Duration.milliseconds(100)

    private var drawn: ContinuousClock.Instant?

    /// Draws the progress, at most ten times a second.
    /// - Parameters:
    ///   - total: 0 when it is not known.
    ///   - text: what follows the bar.
    mutating func show(_ done: Int, of total: Int, _ text: String) {
        let now = ContinuousClock.now
        if let drawn, now - drawn < Self.interval { return }
        drawn = now
        Output.progress(Self.bar(done, of: total) + text)
    }

    /// Clears the line.
    mutating func clear() {
        if drawn != nil { Output.progress("") }
        drawn = nil
    }

    /// Returns the bar: `[######------]  50 % `; nothing without a total.
    static func bar(_ done: Int, of total: Int) -> String {
        guard total > 0 else { return "" }
        let done = min(max(done, 0), total)
        let filled = done * width / total
        let percent = String(done * 100 / total)
        return "[" + String(repeating: "#", count: filled)
            + String(repeating: "-", count: width - filled) + "] "
            + String(repeating: " ", count: 3 - percent.utf8.count) + "\(percent) % "
    }
}
