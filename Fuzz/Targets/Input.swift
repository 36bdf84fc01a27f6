import Text

/// Returns the bytes as text; what is not UTF-8 becomes U+FFFD, as it does wherever a protocol
/// allows any bytes.
func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

/// Returns the lines of an input, the empty ones too: the fields of a target that takes several.
func fields(_ input: [UInt8], limit: Int = .max) -> [String] {
    input.split(separator: 0x0A, maxSplits: limit, omittingEmptySubsequences: false).map(text)
}

/// Returns the ways to cut bytes into pieces that are tried: byte by byte, in threes, and, if there
/// are few bytes, in two at every place.
func cuts(of bytes: [UInt8]) -> [[[UInt8]]] {
    var ways = [1, 3].map { pieces(of: bytes, size: $0) }
    if bytes.count <= 96 {
        ways += bytes.indices.dropFirst().map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
    }
    return ways
}

private func pieces(of bytes: [UInt8], size: Int) -> [[UInt8]] {
    stride(from: 0, to: bytes.count, by: size).map {
        Array(bytes[$0..<min($0 + size, bytes.count)])
    }
}

extension [String] {
    /// Returns whether both lists hold the same bytes.
    func hasBytes(of other: [String]) -> Bool {
        count == other.count && zip(self, other).allSatisfy { $0.hasBytes(of: $1) }
    }
}
