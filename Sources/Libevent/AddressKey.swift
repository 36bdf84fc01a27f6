internal import Glibc

/// Under what an address counts where a client may have only so much: the address itself for IPv4,
/// its network of 64 bits for IPv6, because there each client has a whole network of addresses.
///
/// A small number, made once for each connection.
public struct AddressKey: Hashable, Sendable {
    /// The first half of the address. IPv4 lies where IPv6 has multicast, so that no peer is in
    /// the way.
    private let value: UInt64

    /// - Parameter bytes: an address in network order, 4 or 16 bytes; others count as one address.
    public init(_ bytes: some Collection<UInt8>) {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        if bytes.count == 16, !bytes.starts(with: mapped) {
            value = Self.number(bytes.prefix(8))
        } else {
            value = 0xFFFF_FFFF << 32 | Self.number(bytes.suffix(4))
        }
    }

    private static func number(_ bytes: some Collection<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension SocketAddress {
    /// Under what the address counts where a client may have only so much.
    public var key: AddressKey { AddressKey(bytes) }
}
