/// Indented JSON, for people.
enum JSONText {
    /// Returns the same document with a line for each value; members keep their order.
    /// - Parameter json: compact or not.
    static func indented(_ json: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        var depth = 0
        var isInString = false
        var isEscaped = false
        var previous: UInt8 = 0
        func breakLine() {
            out.append(0x0A)
            // Bounded, because a document may be nested as deeply as it is long.
            out += repeatElement(0x20, count: min(max(0, depth), 100) * 2)
        }
        for byte in json {
            if isInString {
                out.append(byte)
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                    previous = byte
                }
                continue
            }
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if previous == UInt8(ascii: "{") || previous == UInt8(ascii: "[") { breakLine() }
                out.append(byte)
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if previous != UInt8(ascii: "{"), previous != UInt8(ascii: "[") { breakLine() }
                out.append(byte)
            case UInt8(ascii: ","):
                out.append(byte)
                breakLine()
            case UInt8(ascii: ":"): out += [byte, 0x20]
            default:
                if previous == UInt8(ascii: "{") || previous == UInt8(ascii: "[") { breakLine() }
                out.append(byte)
                isInString = byte == UInt8(ascii: "\"")
            }
            previous = byte
        }
        return out
    }
}
