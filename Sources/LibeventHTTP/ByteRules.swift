/// The character classes and comparisons of RFC 9110 §5.6 and RFC 9112 §3, over bytes.
///
/// What a client sent is never compared, folded or split as a `String`: that normalises it, which
/// takes a Kelvin sign for a k and costs time quadratic in a run of combining marks.
enum ByteRules {
    /// The characters of a token: methods and field names.
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

    /// The characters of a field value: no control but HTAB; obs-text passes.
    static func isFieldValue(_ byte: UInt8) -> Bool {
        byte == 0x09 || (byte >= 0x20 && byte != 0x7F)
    }

    /// The characters of a request target: visible ASCII.
    static func isTarget(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// The value of a hexadecimal digit.
    static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x41 + 10
        case 0x61...0x66: Int(byte) - 0x61 + 10
        default: nil
        }
    }

    /// `bytes` without the blanks and tabs at both ends (OWS).
    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return bytes
    }

    /// Folds the ASCII capitals alone.
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }

    /// Whether `bytes` are the ASCII text `word`, in any case.
    static func matches(_ bytes: some Collection<UInt8>, _ word: StaticString) -> Bool {
        bytes.count == word.utf8CodeUnitCount && starts(bytes, with: word)
    }

    /// Whether `bytes` begin with the ASCII text `word`, in any case.
    static func starts(_ bytes: some Collection<UInt8>, with word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            unsafe bytes.count >= word.count
                && zip(bytes, word).allSatisfy { lowercased($0) == lowercased($1) }
        }
    }

    /// Whether two texts differ in nothing but the case of ASCII letters.
    static func match(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { lowercased($0) == lowercased($1) }
    }

    /// Whether `word` is one item of a list whose items commas separate (RFC 9110 §5.6.1).
    static func list(_ list: ArraySlice<UInt8>, contains word: StaticString) -> Bool {
        list.split(separator: UInt8(ascii: ",")).contains { matches(trimmed($0), word) }
    }
}
