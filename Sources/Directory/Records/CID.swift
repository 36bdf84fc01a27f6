internal import Crypto

/// A content identifier: CIDv1 in base32. The CIDs of this gateway have codec 0x01, sha2-256 and
/// 59 characters (upstream `api/core/v1/cid.go`).
public enum CID {
    /// The most characters: no CID with a hash of 512 bits has more.
    private static let longest = 128

    /// Returns the CID of these bytes.
    public static func of(_ bytes: [UInt8]) -> String {
        var hasher = SHA256()
        bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        // version, codec, hash function, length of the hash
        var multihash: [UInt8] = [0x01, 0x01, 0x12, 0x20]
        hasher.finalize().withUnsafeBytes { multihash.append(contentsOf: $0) }
        return base32(multihash)
    }

    /// Returns whether a text is a CIDv1 in base32: the version, a codec, and a hash as long as it
    /// says (multiformats `cid`, multibase `b`). Does not look for a record.
    public static func isValid(_ text: String) -> Bool {
        guard text.utf8.count <= longest, text.utf8.first == UInt8(ascii: "b"),
            let bytes = decoded(text.utf8.dropFirst())
        else { return false }
        var rest = bytes[...]
        guard number(&rest) == 1, number(&rest) != nil, number(&rest) != nil,
            let length = number(&rest)
        else { return false }
        return length > 0 && length == rest.count
    }

    /// Reads an unsigned varint (multiformats `unsigned-varint`, at most nine bytes, the shortest
    /// spelling only).
    private static func number(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return byte == 0 && shift > 0 ? nil : value }
        }
        return nil
    }

    /// Decodes base32 in lower case without padding (RFC 4648 §6); nil when it is malformed.
    private static func decoded(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for character in text {
            let value: UInt8
            switch character {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a")
            case UInt8(ascii: "2")...UInt8(ascii: "7"): value = character - UInt8(ascii: "2") + 26
            default: return nil
            }
            bits = (bits << 5 | UInt32(value)) & 0xFFFF
            count += 5
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        // The remaining bits must be padding: zeros, fewer than one character.
        guard count < 5, bits & (1 << UInt32(count) - 1) == 0 else { return nil }
        return bytes
    }

    private static func base32(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = [UInt8(ascii: "b")]
        text.reserveCapacity(2 + (bytes.count * 8 + 4) / 5)
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(character(UInt8(truncatingIfNeeded: bits >> UInt32(count)) & 31))
            }
        }
        if count > 0 {
            text.append(character(UInt8(truncatingIfNeeded: bits << UInt32(5 - count)) & 31))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Returns the character of five bits: a–z, then 2–7.
    private static func character(_ value: UInt8) -> UInt8 {
        value < 26 ? UInt8(ascii: "a") + value : UInt8(ascii: "2") + (value - 26)
    }
}
