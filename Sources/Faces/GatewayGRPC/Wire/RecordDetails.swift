/// What a gateway tells another one of a record beyond `RecordMeta`: in a field of that message whose
/// number no Directory uses, so that other clients skip it.
package struct RecordDetails: Sendable {
    /// The number of the field.
    package static let field = 1001

    /// The length of the canonical JSON, bytes.
    package var size = 0
    /// Whether the record is published.
    package var isPublished = false
    /// The number of stored signatures.
    package var signatures = 0
    /// The labels, in their order.
    package var labels: [String] = []

    /// Makes details of a record about which nothing is known.
    package init() {}

    /// Returns the field with its tag.
    package var bytes: [UInt8] {
        var message = [1 << 3] + Wire.varint(max(0, size))
        message += [2 << 3, isPublished ? 1 : 0]
        message += [3 << 3] + Wire.varint(max(0, signatures))
        // An empty label is a label too.
        for label in labels { message += Wire.field(4, Array(label.utf8)) }
        return Wire.varint(Self.field << 3 | 2) + Wire.varint(message.count) + message
    }

    /// Reads the content of the field.
    /// - Throws: `WireError`.
    package init(_ bytes: [UInt8], in range: Range<Int>) throws(WireError) {
        var reader = WireReader(bytes, in: range)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .number(let value)): size = Int(clamping: value)
            case (2, .number(let value)): isPublished = value != 0
            case (3, .number(let value)): signatures = Int(clamping: value)
            case (4, .bytes(let part)): labels.append(try bytes.text(part))
            default: break
            }
        }
    }
}
