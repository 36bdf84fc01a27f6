/// The character classes and comparisons of RFC 9110 §5.6 and RFC 9112 §3, over bytes.
///
/// Bytes from a client are never compared, case-folded or split as a `String`: that would normalise
/// them, which makes a Kelvin sign equal to a k and costs quadratic time for combining marks.
enum ByteRules {
    /// Returns whether a byte is allowed in a token: in methods and field names (RFC 9110 §5.6.2).
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        // ! # $ % & ' * + - . ^ _ ` | ~
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// Returns whether a byte is allowed in a field value: no control character but HTAB; obs-text
    /// is allowed (RFC 9110 §5.5).
    static func isFieldValue(_ byte: UInt8) -> Bool {
        byte == 0x09 || (byte >= 0x20 && byte != 0x7F)
    }

    /// Returns whether a byte is allowed in a request target: visible ASCII.
    static func isTarget(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

    /// Returns whether a byte is allowed in `Host`: one of a target that ends no authority, begins none
    /// and separates none (RFC 3986 §3.2).
    static func isHost(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "@"),
            UInt8(ascii: ","):
            false
        default: isTarget(byte)
        }
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// Returns the value of a hexadecimal digit; nil for other bytes.
    static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x41 + 10
        case 0x61...0x66: Int(byte) - 0x61 + 10
        default: nil
        }
    }

    /// Returns `bytes` without spaces and tabs at both ends (OWS, RFC 9110 §5.6.3).
    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return bytes
    }

    /// Returns the lower case of an ASCII letter, and other bytes unchanged.
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }

    /// Returns whether `bytes` are the ASCII text `word`, in any case.
    static func matches(_ bytes: some Collection<UInt8>, _ word: StaticString) -> Bool {
        bytes.count == word.utf8CodeUnitCount && starts(bytes, with: word)
    }

    /// Returns whether `bytes` begin with the ASCII text `word`, in any case.
    static func starts(_ bytes: some Collection<UInt8>, with word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            unsafe bytes.count >= word.count
                && zip(bytes, word).allSatisfy { lowercased($0) == lowercased($1) }
        }
    }

    /// Returns whether two texts are equal but for the case of ASCII letters.
    static func match(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { lowercased($0) == lowercased($1) }
    }

    /// Returns whether `word` is an item of a comma-separated list (RFC 9110 §5.6.1).
    static func list(_ list: ArraySlice<UInt8>, contains word: StaticString) -> Bool {
        list.split(separator: UInt8(ascii: ",")).contains { matches(trimmed($0), word) }
    }
}
