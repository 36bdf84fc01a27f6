package import Text

/// Writes JSON objects as `google.protobuf.Struct`.
///
/// Written from the end to the start, because the length of each message is written before it: so
/// each byte is written once, however deep the value is.
package struct StructEncoder {
    /// The bytes so far, the last first.
    private var reversed: [UInt8] = []

    /// Returns the message of an object; empty for other values.
    package static func encode(_ value: JSONValue) -> [UInt8] {
        var encoder = StructEncoder()
        encoder.object(value.members ?? [])
        encoder.reversed.reverse()
        return encoder.reversed
    }

    private mutating func object(_ members: [JSONValue.Member]) {
        for member in members.reversed() {
            let end = reversed.count
            message(field: 2) { $0.value(member.value) }
            text(field: 1, member.key)
            close(field: 1, from: end)
        }
    }

    /// Writes a `google.protobuf.Value`.
    private mutating func value(_ value: JSONValue) {
        switch value {
        case .null: reversed += [0, 1 << 3]
        case .bool(let value): reversed += [value ? 1 : 0, 4 << 3]
        case .number(let number):
            for shift in stride(from: 56, through: 0, by: -8) {
                reversed.append(UInt8(truncatingIfNeeded: number.bitPattern >> UInt64(shift)))
            }
            reversed.append(2 << 3 | 1)
        case .string(let value): text(field: 3, value)
        case .object(let members): message(field: 5) { $0.object(members) }
        case .array(let elements):
            message(field: 6) { encoder in
                for element in elements.reversed() {
                    encoder.message(field: 1) { $0.value(element) }
                }
            }
        }
    }

    private mutating func message(field: UInt8, _ body: (inout StructEncoder) -> Void) {
        let end = reversed.count
        body(&self)
        close(field: field, from: end)
    }

    private mutating func text(field: UInt8, _ text: String) {
        let end = reversed.count
        reversed += text.utf8.reversed()
        close(field: field, from: end)
    }

    /// Writes the length of what was written since `end`, and the tag.
    private mutating func close(field: UInt8, from end: Int) {
        reversed += Wire.varint(reversed.count - end).reversed()
        reversed.append(field << 3 | 2)
    }
}

/// Parts of protobuf's wire format.
package enum Wire {
    /// Returns a length as a varint.
    package static func varint(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = UInt64(count)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
        return bytes
    }

    /// Returns a message as a field of another one.
    /// - Parameter field: its number, from 1 to 15.
    package static func field(_ field: UInt8, _ message: [UInt8]) -> [UInt8] {
        [field << 3 | 2] + varint(message.count) + message
    }

    /// Returns a text as a field; nothing for an empty one, as proto3 does.
    package static func field(_ field: UInt8, _ text: String) -> [UInt8] {
        text.utf8.isEmpty ? [] : self.field(field, Array(text.utf8))
    }

    /// Returns an entry of a map of texts.
    package static func entry(_ field: UInt8, _ key: String, _ value: String) -> [UInt8] {
        self.field(field, self.field(1, key) + self.field(2, value))
    }
}
