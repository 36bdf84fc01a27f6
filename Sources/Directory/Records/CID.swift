internal import Crypto

/// A content identifier: CIDv1, codec 0x01, sha2-256, base32 in lower case without padding, always
/// 59 characters (upstream `api/core/v1/cid.go`).
public enum CID {
    /// The CID of these bytes.
    public static func of(_ bytes: [UInt8]) -> String {
        // version, codec, hash function, length of the hash
        base32([0x01, 0x01, 0x12, 0x20] + SHA256.hash(data: bytes))
    }

    /// Whether a text can stand where a CID is meant: letters and digits, and not too many. What it
    /// names is another matter.
    public static func isPlausible(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
    }

    /// Multibase `b`: RFC 4648 §6 in lower case, without padding.
    private static func base32(_ bytes: [UInt8]) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        var text: [UInt8] = [UInt8(ascii: "b")]
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(alphabet[Int(bits >> UInt32(count)) & 31])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << UInt32(5 - count)) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }
}
