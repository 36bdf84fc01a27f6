/// The canonical form of a JSON value, whose hash is its CID: compact, keys in the order of their
/// bytes, strings and numbers as Go's `encoding/json` writes them (upstream `api/core/v1/record.go`).
public enum CanonicalJSON {
    /// Returns the canonical bytes of a value.
    /// - Parameter size: about how many bytes they are.
    public static func encode(_ value: JSONValue, size: Int = 0) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(size)
        append(value, to: &out)
        return out
    }

    private static func append(_ value: JSONValue, to out: inout [UInt8]) {
        switch value {
        case .null: out += "null".utf8
        case .bool(let value): out += (value ? "true" : "false").utf8
        case .number(let value): GoNumber.append(value, to: &out)
        case .string(let value): append(value, to: &out)
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                append(element, to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                append(member.key, to: &out)
                out.append(UInt8(ascii: ":"))
                append(member.value, to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    /// Appends a string. Like Go, it also escapes the markup characters of HTML.
    private static func append(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        if isPlain(text) {
            out += text.utf8
        } else {
            for byte in text.utf8 { append(byte, to: &out) }
        }
        out.append(UInt8(ascii: "\""))
    }

    /// Returns whether there is nothing to escape, as in most texts.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { bytes in
            for byte in bytes where mayNeedEscape(byte) { return false }
            return true
        } ?? false
    }

    private static func mayNeedEscape(_ byte: UInt8) -> Bool {
        switch byte {
        case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"),
            UInt8(ascii: ">"), UInt8(ascii: "&"), 0xA8, 0xA9:
            true
        default: false
        }
    }

    /// Appends a byte of a string.
    private static func append(_ byte: UInt8, to out: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
        case 0x0A: out += "\\n".utf8
        case 0x0D: out += "\\r".utf8
        case 0x09: out += "\\t".utf8
        case 0x08: out += "\\b".utf8
        case 0x0C: out += "\\f".utf8
        case 0..<0x20, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
            out += "\\u00".utf8
            out += [ASCII.hexDigit(byte >> 4), ASCII.hexDigit(byte & 0xF)]
        case 0xA8, 0xA9:
            // U+2028 and U+2029, whose first two bytes are written already.
            if out.suffix(2).elementsEqual([0xE2, 0x80]) {
                out.removeLast(2)
                out += (byte == 0xA8 ? "\\u2028" : "\\u2029").utf8
            } else {
                out.append(byte)
            }
        default: out.append(byte)
        }
    }
}
