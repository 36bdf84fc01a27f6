import FoundationEssentials
import Text

@testable import DirectoryClient

/// Checks that whatever a server answers with is refused, or holds no number with which the client
/// could not calculate.
func checkClient(_ input: [UInt8]) throws {
    let data = Data(input)
    if let record = try? ServerJSON.decode(RecordSummary.self, from: data) {
        try require(isCount(record.size), "a record of \(record.size) bytes")
    }
    if let sync = try? ServerJSON.decode(SyncInfo.self, from: data) {
        for count in [sync.found, sync.copied, sync.present, sync.failed] {
            try require(isCount(count), "\(count) records")
        }
    }
    if let problem = try? ServerJSON.decode(Problem.self, from: data) {
        try require(problem.kind.utf8.count <= problem.type.utf8.count, "\(problem.kind)")
        try require(!problem.kind.utf8.contains(UInt8(ascii: ":")), "the kind \(problem.kind)")
    }
    _ = try? ServerJSON.decode([String: [String]].self, from: data)
    let event = ReceivedEvent(id: "", type: "", json: input).decoded()
    if let event {
        // What the client has understood, it understands once more.
        let again = ReceivedEvent(id: "", type: "", json: event.json()).decoded()
        try require(again == event, "\(text(event.json())) becomes another event")
    }
}

private func isCount(_ number: Int) -> Bool { (0...1 << 53).contains(number) }
