internal import Text

/// The records that a sync could not copy: their number, and the first of them.
struct SyncFaults: Error, CustomStringConvertible {
    /// One record, and why it could not be copied.
    struct Fault: Sendable {
        let cid: String
        let error: RemoteError

        /// For the log and the reason of the sync. A remote can send long texts, so they are clipped.
        var text: String { "\(cid.clipped(to: 64)): \(error.reason.clipped(to: 300))" }
    }

    private static let shown = 3

    private(set) var count = 0
    private var first: [Fault] = []
    private var isStopped = false

    mutating func add(_ fault: Fault) {
        count += 1
        if first.count < Self.shown { first.append(fault) }
    }

    /// The same records, of a sync that stopped before its end.
    var stopped: SyncFaults {
        var faults = self
        faults.isStopped = true
        return faults
    }

    var description: String {
        let number = count == 1 ? "1 record" : "\(count) records"
        let examples = first.map(\.text).joined(separator: "; ")
        let rest = count > first.count ? "; and \(count - first.count) more" : ""
        let end = isStopped ? "; stopped, the rest was not tried" : ""
        return "\(number) could not be copied: \(examples)\(rest)\(end)"
    }
}
