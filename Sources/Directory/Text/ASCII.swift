/// The classes of ASCII bytes that protocols use. Bytes above 127 are in none of them.
public enum ASCII {
    /// Returns whether the byte is a space, a tab, a line feed or a carriage return.
    public static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    /// Returns whether the byte is from `0` to `9`.
    public static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// Returns whether the byte is from `A` to `Z`.
    public static func isUpper(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5A }

    /// Returns whether the byte is from `a` to `z`.
    public static func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }

    /// Returns whether the byte is an ASCII letter.
    public static func isLetter(_ byte: UInt8) -> Bool { isUpper(byte) || isLower(byte) }

    /// Returns the byte in lower case: `A`–`Z` change, other bytes do not.
    public static func lowercased(_ byte: UInt8) -> UInt8 { isUpper(byte) ? byte | 0x20 : byte }

    /// Returns the value of a hexadecimal digit; nil for every other byte.
    public static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    /// Returns the digit of a value from 0 to 15, in lower case.
    public static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x57 + (value & 0x0F)
    }
}
