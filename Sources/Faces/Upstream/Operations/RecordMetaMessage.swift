internal import GatewayGRPC

/// What the upstream tells of a record without its content (`agntcy.dir.core.v1.RecordMeta`). Read by
/// hand: the generated type keeps the annotations in a dictionary of characters.
struct RecordMetaMessage {
    private(set) var schemaVersion = ""
    private(set) var createdAt = ""
    private(set) var name = ""
    private(set) var version = ""
    /// What another gateway tells in addition; nil for other Directories.
    private(set) var details: RecordDetails?

    /// Reads a message.
    /// - Throws: `WireError`.
    init(_ bytes: [UInt8]) throws(WireError) {
        var reader = WireReader(bytes)
        while let field = try reader.next() {
            guard case .bytes(let range) = field.value else { continue }
            switch field.number {
            case 2: try readAnnotation(bytes, range)
            case 3: schemaVersion = try bytes.text(range)
            case 4: createdAt = try bytes.text(range)
            case RecordDetails.field: details = try RecordDetails(bytes, in: range)
            default: break
            }
        }
    }

    private mutating func readAnnotation(_ bytes: [UInt8], _ range: Range<Int>) throws(WireError) {
        var (key, value): (Range<Int>, Range<Int>) = (0..<0, 0..<0)
        var reader = WireReader(bytes, in: range)
        while let field = try reader.next() {
            guard case .bytes(let part) = field.value else { continue }
            if field.number == 1 { key = part }
            if field.number == 2 { value = part }
        }
        if bytes[key].elementsEqual("name".utf8) { name = try bytes.text(value) }
        if bytes[key].elementsEqual("version".utf8) { version = try bytes.text(value) }
    }
}
