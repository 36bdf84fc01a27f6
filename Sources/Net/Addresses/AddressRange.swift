/// A block of IP addresses (CIDR, RFC 4632).
public struct AddressRange: Sendable, Equatable {
    private let prefix: [UInt8]
    private let bits: Int

    /// Parses `10.0.0.0/8`, `fd00::/8`, or a single address; nil if the text is none of these.
    public init?(_ text: String) {
        let parts = text.utf8.split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false
        ).map { String(Substring($0)) }
        guard parts.count <= 2, let bytes = IPAddress.bytes(parts[0]) else { return nil }
        prefix = bytes
        guard parts.count == 2 else {
            bits = bytes.count * 8
            return
        }
        guard let bits = Int(parts[1]), (0...bytes.count * 8).contains(bits) else { return nil }
        self.bits = bits
    }

    /// Returns whether an address is in the block.
    /// - Parameter address: its 4 or 16 bytes in network order.
    public func contains(_ address: [UInt8]) -> Bool {
        guard address.count == prefix.count else { return false }
        let (whole, rest) = bits.quotientAndRemainder(dividingBy: 8)
        guard address.prefix(whole) == prefix.prefix(whole) else { return false }
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - rest))
        return address[whole] & mask == prefix[whole] & mask
    }
}
