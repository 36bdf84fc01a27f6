internal import Libevent

/// The rules for where a gateway may listen.
enum ListenAddress {
    static func isValid(_ text: String) -> Bool { SocketAddress(text) != nil }

    /// Whether only this machine can reach the address.
    static func isLoopback(_ text: String) -> Bool { SocketAddress(text)?.isLoopback ?? false }
}
