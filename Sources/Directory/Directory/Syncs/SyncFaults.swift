internal import Text

/// The records that a sync could not copy: how many, and the first of them.
struct SyncFaults: Error, CustomStringConvertible {
    struct Fault: Sendable {
        let cid: String
        let error: RemoteError

        // What a remote sends can be long.
        var text: String { "\(cid.clipped(to: 64)): \(error.reason.clipped(to: 300))" }
    }

    private static let shown = 3

    private(set) var count = 0
    private var first: [Fault] = []
    private var isGivenUp = false

    mutating func add(_ fault: Fault) {
        count += 1
        if first.count < Self.shown { first.append(fault) }
    }

    /// The same, for a sync that has stopped before its end.
    var givenUp: SyncFaults {
        var faults = self
        faults.isGivenUp = true
        return faults
    }

    var description: String {
        let number = count == 1 ? "1 record" : "\(count) records"
        let examples = first.map(\.text).joined(separator: "; ")
        let rest = count > first.count ? "; and \(count - first.count) more" : ""
        let end = isGivenUp ? "; given up, the rest was not tried" : ""
        return "\(number) could not be copied: \(examples)\(rest)\(end)"
    }
}
