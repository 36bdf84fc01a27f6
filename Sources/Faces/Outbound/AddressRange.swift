internal import Libevent
internal import Text

/// A block of IP addresses (CIDR, RFC 4632).
struct AddressRange: Sendable, Equatable {
    private let prefix: [UInt8]
    private let bits: Int

    /// Parses `10.0.0.0/8`, `fd00::/8`, or a single address; nil if the text is none of these.
    init?(_ text: String) {
        let parts = text.fields(on: UInt8(ascii: "/"))
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
    func contains(_ address: [UInt8]) -> Bool {
        guard address.count == prefix.count else { return false }
        let (whole, rest) = bits.quotientAndRemainder(dividingBy: 8)
        guard address.prefix(whole) == prefix.prefix(whole) else { return false }
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - rest))
        return address[whole] & mask == prefix[whole] & mask
    }
}

/// Classifies IP addresses, which are 4 or 16 bytes in network order.
enum IPAddress {
    /// Returns the bytes of a numeric address; nil if the text is not one.
    static func bytes(_ text: String) -> [UInt8]? {
        let isIPv6 = text.utf8.contains(UInt8(ascii: ":"))
        return SocketAddress(isIPv6 ? "[\(text)]:0" : "\(text):0").flatMap {
            // `SocketAddress` accepts a few names too.
            $0.host.hasBytes(of: text) || isIPv6 ? $0.bytes : nil
        }
    }

    /// Returns the IPv4 address that an IPv6 address contains: mapped (RFC 4291 §2.5.5.2), translated
    /// (RFC 2765 §2.1, RFC 6052 §2.1, RFC 8215) or 6to4 (RFC 3056).
    static func unwrapped(_ address: [UInt8]) -> [UInt8] {
        if sixToFour?.contains(address) ?? false { return Array(address[2..<6]) }
        let isWrapped = wrappers.contains { $0.contains(address) }
        return isWrapped ? Array(address.suffix(4)) : address
    }

    /// Returns whether the address belongs to the machine itself.
    static func isLoopback(_ address: [UInt8]) -> Bool {
        loopback.contains { $0.contains(address) }
    }

    /// Returns whether no request may ever go to the address: link-local addresses and the metadata
    /// services of clouds, which give out credentials, and addresses that are not one host.
    static func isNeverAllowed(_ address: [UInt8]) -> Bool {
        never.contains { $0.contains(address) }
    }

    /// Returns whether the address is globally reachable (IANA special-purpose registries).
    static func isPublic(_ address: [UInt8]) -> Bool {
        (address.count == 4 || global?.contains(address) ?? false)
            && !(loopback + never + special).contains { $0.contains(address) }
    }

    private static let wrappers = ranges([
        "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48",
    ])
    private static let sixToFour = AddressRange("2002::/16")
    private static let global = AddressRange("2000::/3")
    private static let loopback = ranges(["127.0.0.0/8", "::1"])
    private static let never = ranges([
        "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::", "fe80::/10", "ff00::/8",
        // the metadata services of clouds that are not link-local: Amazon, Google, Alibaba, Oracle,
        // Azure
        "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "192.0.0.192", "168.63.129.16",
    ])
    private static let special = ranges([
        "10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    ])

    private static func ranges(_ texts: [String]) -> [AddressRange] {
        texts.compactMap(AddressRange.init)
    }
}
