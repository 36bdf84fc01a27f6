/// Writes JSON strings that are safe inside every line-based format.
public enum JSONText {
    /// Appends `text` in quotes. Escapes every control character, and the code points that some
    /// clients take for the end of a line: U+0085, U+2028, U+2029. So the text is one line for every
    /// client.
    public static func append(_ text: String, to out: inout [UInt8]) {
        out.append(0x22)
        if appendPlain(text, to: &out) { return out.append(0x22) }
        var held: UInt8?  // the first byte of a sequence that may have to be escaped
        for byte in text.utf8 {
            if let lead = held {
                held = nil
                if lead == 0xC2, byte <= 0x9F {
                    escape(UInt16(byte), &out)
                    continue
                }
                out.append(lead)
            }
            switch byte {
            case 0x22, 0x5C: out.append(0x5C); out.append(byte)
            case 0x0A: out += [0x5C, 0x6E]
            case 0x0D: out += [0x5C, 0x72]
            case 0x09: out += [0x5C, 0x74]
            case 0..<0x20, 0x7F: escape(UInt16(byte), &out)
            case 0xC2: held = byte
            case 0xA8, 0xA9:
                if out.suffix(2).elementsEqual([0xE2, 0x80]) {
                    out.removeLast(2)
                    escape(0x2000 | UInt16(byte & 0x3F), &out)
                } else {
                    out.append(byte)
                }
            default: out.append(byte)
            }
        }
        out.append(0x22)
    }

    /// Appends a text without characters to escape, in one piece; most texts are such. Returns false,
    /// and appends nothing, for other texts.
    private static func appendPlain(_ text: String, to out: inout [UInt8]) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { bytes in
            for byte in bytes where byte < 0x20 || byte > 0x7E || byte == 0x22 || byte == 0x5C {
                return false
            }
            out.append(contentsOf: bytes)
            return true
        } ?? false
    }

    private static func escape(_ unit: UInt16, _ out: inout [UInt8]) {
        out += [0x5C, 0x75]
        for shift in [12, 8, 4, 0] as [UInt16] {
            let digit = UInt8(truncatingIfNeeded: unit >> shift) & 0xF
            out.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}
