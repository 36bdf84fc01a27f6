/// Bytes that are not protobuf.
package struct WireError: Error, Equatable {
    init() {}
}

/// Reads the fields of one protobuf message (protobuf encoding guide), without knowing its type. For the
/// messages with a JSON object in them: as generated types, a few bytes of those become very many in
/// memory.
package struct WireReader {
    /// The value of a field.
    package enum Value: Equatable {
        case number(UInt64)
        /// Eight bytes.
        case fixed64(UInt64)
        /// Four bytes.
        case fixed32(UInt32)
        /// The place of bytes, a text or a message.
        case bytes(Range<Int>)
    }

    /// A field.
    package struct Field {
        /// The number.
        package let number: Int
        /// The value.
        package let value: Value
    }

    private let bytes: [UInt8]
    private var offset: Int
    private let end: Int

    /// Reads the message in a range of `bytes`; all of them by default.
    package init(_ bytes: [UInt8], in range: Range<Int>? = nil) {
        self.bytes = bytes
        offset = range?.lowerBound ?? 0
        end = range?.upperBound ?? bytes.count
    }

    /// Returns the next field; nil at the end.
    package mutating func next() throws(WireError) -> Field? {
        guard offset < end else { return nil }
        let tag = try varint()
        guard let number = Int(exactly: tag >> 3), (1...0x1FFF_FFFF).contains(number) else {
            throw WireError()
        }
        switch tag & 7 {
        case 0: return Field(number: number, value: .number(try varint()))
        case 1: return Field(number: number, value: .fixed64(try fixed(8)))
        case 2:
            guard let length = Int(exactly: try varint()), length <= end - offset else {
                throw WireError()
            }
            offset += length
            return Field(number: number, value: .bytes(offset - length..<offset))
        case 5:
            return Field(number: number, value: .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
        default: throw WireError()  // groups are not of proto3
        }
    }

    private mutating func varint() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard offset < end else { throw WireError() }
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        throw WireError()
    }

    private mutating func fixed(_ count: Int) throws(WireError) -> UInt64 {
        guard end - offset >= count else { throw WireError() }
        offset += count
        return bytes[offset - count..<offset].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension [UInt8] {
    /// Returns the text in a range.
    /// - Throws: when it is not UTF-8.
    package func text(_ range: Range<Int>) throws(WireError) -> String {
        guard let text = String(validating: self[range], as: UTF8.self) else { throw WireError() }
        return text
    }
}
