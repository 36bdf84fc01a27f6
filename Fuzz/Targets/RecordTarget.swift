import Directory
import Records
import Text

/// Checks that a record which is accepted is accepted in its canonical form too, as the same record.
func checkRecord(_ input: [UInt8]) throws {
    let record: Record
    do { record = try Record(json: input) } catch {
        if case .invalid(let faults) = error { try check(faults) }
        return
    }
    try require(CID.isValid(record.cid), "\(record.cid) is no cid")
    try require(record.cid.utf8.count == 59, "\(record.cid) has not 59 characters")
    try require(CID.of(record.canonical).hasBytes(of: record.cid), "the cid of something else")
    let bytes = record.labels.reduce(0) { $0 + $1.utf8.count }
    try require(bytes <= Record.labelBytesLimit, "\(bytes) bytes of labels")

    let again: Record
    do { again = try Record(json: record.canonical) } catch {
        throw Finding("the canonical form is refused: \(error)")
    }
    try require(again.canonical == record.canonical, "the canonical form is not the last")
    try require(again.cid.hasBytes(of: record.cid), "the canonical form has another cid")
    try require(again.labels.hasBytes(of: record.labels), "other labels: \(again.labels)")
}

private func check(_ faults: [RecordFault]) throws {
    try require((1...1001).contains(faults.count), "\(faults.count) faults")
    for fault in faults {
        try require(
            fault.pointer.utf8.isEmpty || fault.pointer.hasBytePrefix("/"),
            "\(fault.pointer) is no JSON Pointer")
    }
}
