/// Percent-coding of URIs (RFC 3986 §2.1).
public enum PercentCoding {
    /// Why a text cannot be decoded.
    public enum Failure: Error, Equatable {
        /// A percent sign without two hexadecimal digits after it.
        case brokenEscape
        /// The decoded bytes are not UTF-8.
        case notUTF8
    }

    /// Returns the text with everything but unreserved characters (RFC 3986 §2.3) encoded.
    /// - Parameter allowed: a further byte that stays as it is.
    public static func encode(_ text: String, allowing allowed: UInt8? = nil) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if isUnreserved(byte) || byte == allowed {
                encoded.append(byte)
            } else {
                let digits = [ASCII.hexDigit(byte >> 4), ASCII.hexDigit(byte & 0xF)]
                encoded.append(0x25)
                encoded += digits.map { ASCII.isLower($0) ? $0 & 0xDF : $0 }
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Returns the decoded text.
    /// - Throws: `Failure`.
    public static func decode(_ text: some Sequence<UInt8>) throws(Failure) -> String {
        let bytes = Array(text)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == 0x25 else {
                decoded.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.count, let high = ASCII.hexValue(bytes[index + 1]),
                let low = ASCII.hexValue(bytes[index + 2])
            else { throw .brokenEscape }
            decoded.append(high << 4 | low)
            index += 3
        }
        guard let text = String(validating: decoded, as: UTF8.self) else { throw .notUTF8 }
        return text
    }

    /// Returns the decoded text, for display only: broken escapes are kept, and bytes that are not
    /// UTF-8 become U+FFFD.
    public static func lenientlyDecoded(_ text: String) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.utf8.count)
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            let digits = rest.dropFirst().prefix(2).compactMap(ASCII.hexValue)
            if byte == 0x25, digits.count == 2 {
                decoded.append(digits[0] << 4 | digits[1])
                rest = rest.dropFirst(3)
            } else {
                decoded.append(byte)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == 0x2D || byte == 0x2E
            || byte == 0x5F || byte == 0x7E
    }
}
