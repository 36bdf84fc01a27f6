internal import Glibc

/// Parses and classifies IP addresses, which are 4 or 16 bytes in network order.
public enum IPAddress {
    /// Returns the bytes of a numeric address, without brackets; nil if the text is not one.
    public static func bytes(_ text: String) -> [UInt8]? {
        // C functions would stop at a NUL and use another address than the text shows.
        guard !text.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        if unsafe inet_pton(AF_INET, text, &v4) == 1 {
            return unsafe withUnsafeBytes(of: v4) { unsafe Array($0) }
        }
        var v6 = in6_addr()
        if unsafe inet_pton(AF_INET6, text, &v6) == 1 {
            return unsafe withUnsafeBytes(of: v6) { unsafe Array($0) }
        }
        return nil
    }

    /// Returns the text of an address; nil if the bytes are not one.
    public static func text(_ address: [UInt8]) -> String? {
        guard address.count == 4 || address.count == 16 else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = address.count == 4 ? AF_INET : AF_INET6
        guard unsafe inet_ntop(family, address, &text, socklen_t(text.count)) != nil else {
            return nil
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Returns the IPv4 address that an IPv6 address contains: mapped (RFC 4291 §2.5.5.2), translated
    /// (RFC 2765 §2.1, RFC 6052 §2.1, RFC 8215) or 6to4 (RFC 3056); other addresses as they are.
    public static func unwrapped(_ address: [UInt8]) -> [UInt8] {
        if sixToFour?.contains(address) ?? false { return Array(address[2..<6]) }
        let isWrapped = wrappers.contains { $0.contains(address) }
        return isWrapped ? Array(address.suffix(4)) : address
    }

    /// Returns whether the address belongs to the machine itself.
    public static func isLoopback(_ address: [UInt8]) -> Bool {
        loopback.contains { $0.contains(address) }
    }

    /// Returns whether no request may ever go to the address: link-local addresses and the metadata
    /// services of clouds, which give out credentials, and addresses that are not one host.
    public static func isNeverAllowed(_ address: [UInt8]) -> Bool {
        never.contains { $0.contains(address) }
    }

    /// Returns whether the address is globally reachable (IANA special-purpose registries) and not one
    /// of `isNeverAllowed`.
    public static func isPublic(_ address: [UInt8]) -> Bool {
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
