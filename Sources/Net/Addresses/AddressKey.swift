/// The key of an address for limits per client: the address itself for IPv4, its network of 64 bits
/// for IPv6, because an IPv6 client has a whole network of addresses.
///
/// A number of 8 bytes, made once for each connection.
public struct AddressKey: Hashable, Sendable {
    /// The first half of an IPv6 address, or an IPv4 address within the range of IPv6 multicast,
    /// from which no peer connects.
    private let value: UInt64

    /// Makes the key of an address.
    /// - Parameter bytes: an address in network order, 4 or 16 bytes; others count as one address.
    public init(_ bytes: some Collection<UInt8>) {
        if bytes.count == 16, !bytes.starts(with: Self.mapped) {
            value = Self.number(bytes.prefix(8))
        } else {
            value = 0xFFFF_FFFF << 32 | Self.number(bytes.suffix(4))
        }
    }

    /// How an IPv6 address begins that is an IPv4 address.
    private static let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

    private static func number(_ bytes: some Collection<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension SocketAddress {
    /// The key of the address for limits per client.
    public var key: AddressKey { AddressKey(bytes) }
}

extension AddressKey {
    /// Makes the key of a numeric address; what is none counts as one address.
    public init(host: String) {
        self = SocketAddress(host: host, port: 0, isIPv6: host.utf8.contains(UInt8(ascii: ":"))).key
    }
}
