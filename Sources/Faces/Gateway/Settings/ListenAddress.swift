internal import Addresses

/// The rules for the address on which a gateway listens.
enum ListenAddress {
    static func isValid(_ text: String) -> Bool { SocketAddress(text) != nil }

    /// Returns whether only this machine can reach the address.
    static func isLoopback(_ text: String) -> Bool { SocketAddress(text)?.isLoopback ?? false }
}
