internal import Crypto
internal import FoundationEssentials
internal import Text

/// The SHA-256 of a secret: what is kept in its place, and compared.
public struct TokenHash: Sendable {
    /// The hash as four big-endian words, so that it is compared without an allocation.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Computes the hash of a secret.
    public init(of secret: some Sequence<UInt8>) {
        self.init(SHA256.hash(data: Array(secret)))
    }

    /// Makes a hash from its 32 bytes; nil for another number of bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.init(bytes)
    }

    /// Reads 64 hexadecimal digits, in either case.
    public init?(hex: String) {
        let digits = hex.utf8.compactMap(ASCII.hexValue)
        guard digits.count == 64, hex.utf8.count == 64 else { return nil }
        self.init(stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }

    /// - Parameter bytes: 32 bytes.
    private init(_ bytes: some Sequence<UInt8>) {
        var (words, count) = ([UInt64](repeating: 0, count: 4), 0)
        for byte in bytes {
            words[count / 8] = words[count / 8] << 8 | UInt64(byte)
            count += 1
        }
        self.words = (words[0], words[1], words[2], words[3])
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - $0 * 8)) }
        }
    }

    /// The hash as 64 hexadecimal digits.
    public var hex: String {
        String(
            decoding: bytes.flatMap { [ASCII.hexDigit($0 >> 4), ASCII.hexDigit($0 & 0xF)] },
            as: UTF8.self)
    }

    /// A part of the hash, as the key of a table. Who knows it does not know a secret.
    var key: UInt64 { words.0 }

    /// Returns whether two hashes are equal, in a time that does not depend on them.
    func equals(_ other: TokenHash) -> Bool {
        let difference =
            (words.0 ^ other.words.0) | (words.1 ^ other.words.1) | (words.2 ^ other.words.2)
            | (words.3 ^ other.words.3)
        return difference == 0
    }
}
